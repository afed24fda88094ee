import { describe, expect, it } from 'vitest';
import type { Mismatch } from './mismatch.ts';
import { report } from './report.ts';
import type { Outcome } from './run.ts';

const nothing = { connections: 0, received: 0 };
const reader = {
  name: 'subscriber 7',
  form: 'polls, ticket',
  connections: 12,
  received: 345,
  at: {
    hub: { connections: 2, received: 45 },
    head: nothing,
    shard: { connections: 10, received: 300 },
    nowhere: nothing,
  },
};

function outcome(members: Partial<Outcome> = {}): Outcome {
  return {
    published: 400,
    acknowledged: 399,
    readers: [reader, { ...reader, name: 'subscriber 8', form: 'polls' }],
    repeated: 2,
    reconnects: 3,
    evictions: 1,
    faults: new Map(),
    longest: new Map(),
    mismatches: [],
    placeOf: () => 'shard',
    allowedRepeats: 0,
    objects: [],
    problems: [],
    ...members,
  };
}

/** The columns of a line of the report. */
function line(text: string, name: string): string[] | undefined {
  const found = text.split('\n').find((each) => each.startsWith(`${name}  `));
  return found?.slice(name.length).trim().split(/\s+/);
}

/** The columns of the kinds of mismatches. */
const NONE = ['0', '0', '0', '0', '0', '0'];
const ONE_LOST = ['1', '0', '0', '0', '0', '0'];

const lost: Mismatch = { kind: 'lost', subscriber: 'subscriber 7', ids: ['e'], text: 'lost e' };

describe('the report', () => {
  it('says of each form how many listened, how often they connected, and what they received', () => {
    const { text, passed } = report(outcome());
    expect(line(text, 'polls, ticket')).toEqual(['1', '12', '345', ...NONE]);
    expect(line(text, 'all')).toEqual(['2', '24', '690', ...NONE]);
    expect(text).toContain('lost 0, duplicated 0, reordered 0, foreign 0, gap 0, cursor 0');
    expect(passed).toBe(true);
  });

  it('says the same of the kinds of objects at which they sat', () => {
    const { text } = report(outcome());
    expect(line(text, 'hub')).toEqual(['4', '90', ...NONE]);
    expect(line(text, 'shard')).toEqual(['20', '600', ...NONE]);
  });

  it('says in which form and where something is wrong, and fails', () => {
    const { text, passed } = report(outcome({ mismatches: [lost] }));
    expect(line(text, 'polls, ticket')).toEqual(['1', '12', '345', ...ONE_LOST]);
    expect(line(text, 'polls')).toEqual(['1', '12', '345', ...NONE]);
    expect(line(text, 'shard')).toEqual(['20', '600', ...ONE_LOST]);
    expect(line(text, 'hub')).toEqual(['4', '90', ...NONE]);
    expect(text).toContain('lost 1, duplicated 0');
    expect(text).toContain('subscriber 7: lost e');
    expect(passed).toBe(false);
  });

  it('fails if something was answered that should not have been', () => {
    expect(report(outcome({ problems: ['was answered 403'] })).passed).toBe(false);
  });
});
