import { describe, expect, it } from 'vitest';
import type { Mismatch } from './mismatch.ts';
import { report } from './report.ts';
import type { Outcome } from './run.ts';

const reader = { name: 'subscriber 7', form: 'polls, ticket', connections: 12, received: 345 };

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
    problems: [],
    ...members,
  };
}

/** The columns of a line of the report. */
function line(text: string, name: string): string[] | undefined {
  const found = text.split('\n').find((each) => each.startsWith(`${name}  `));
  return found?.slice(name.length).trim().split(/\s+/);
}

const lost: Mismatch = { kind: 'lost', subscriber: 'subscriber 7', ids: ['e'], text: 'lost e' };

describe('the report', () => {
  it('says of each form how many listened, how often they connected, and what they received', () => {
    const { text, passed } = report(outcome());
    expect(line(text, 'polls, ticket')).toEqual(['1', '12', '345', '0']);
    expect(line(text, 'all')).toEqual(['2', '24', '690', '0']);
    expect(text).toContain('lost 0, duplicated 0, reordered 0, foreign 0, gap 0, cursor 0');
    expect(passed).toBe(true);
  });

  it('says in which form something is wrong, and fails', () => {
    const { text, passed } = report(outcome({ mismatches: [lost] }));
    expect(line(text, 'polls, ticket')).toEqual(['1', '12', '345', '1']);
    expect(line(text, 'polls')).toEqual(['1', '12', '345', '0']);
    expect(text).toContain('lost 1, duplicated 0');
    expect(text).toContain('subscriber 7: lost e');
    expect(passed).toBe(false);
  });

  it('fails if something was answered that should not have been', () => {
    expect(report(outcome({ problems: ['was answered 403'] })).passed).toBe(false);
  });
});
