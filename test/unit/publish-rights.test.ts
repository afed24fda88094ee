import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize } from '../../src/http/publishing/authorize-events.ts';
import type { CheckedEvent } from '../../src/ingest/read-events.ts';
import { isWithin, trimSlashes } from '../../src/namespace/namespace.ts';
import { Access } from '../../src/policy/access.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import { anEvent } from './support/events.ts';
import { blockOf } from './support/policies.ts';
import { accepted } from './support/result.ts';
import { runs } from './support/runs.ts';

interface Facts {
  readonly type: string;
  readonly namespace: string;
  readonly path: string;
  readonly note: string;
}

const FACTS: Facts = { type: 'abc', namespace: '', path: 'secret/a', note: '' };

function checked({ type, namespace, path, note }: Facts): CheckedEvent {
  return {
    event: anEvent({ event_type: type, namespace, metadata: { path }, note }),
    json: '',
    where: '',
    sent: { ...(note !== '' && { note }), ...(path !== '' && { metadata: { path } }) },
  };
}

function accessOf(blocks: readonly string[], namespace = ''): Access {
  const policy = accepted(parsePolicy(blocks.join('\n')));
  return new Access(namespace, [{ name: 'p', policy }], undefined);
}

/** Whether an event may be published, asked for it alone and without short cuts. */
function isAllowed({ event, sent }: CheckedEvent, access: Access, namespace: string): boolean {
  const inNamespace = trimSlashes(event.namespace);
  const mayWrite = (path: string, data: Record<string, unknown>) =>
    access.allows(inNamespace, { operation: 'update', path, data }) ||
    access.allows(inNamespace, { operation: 'create', path, data });
  const path = trimSlashes(String(event.metadata?.path));
  return (
    isWithin(inNamespace, namespace) &&
    mayWrite(`sys/events/publish/${event.event_type}`, sent) &&
    (path === '' || mayWrite(path, {}))
  );
}

const WRITE = 'create update';
const PARAMETERS = [
  'allowed_parameters = { "note" = ["a"], "metadata" = [] }',
  'allowed_parameters = { "metadata" = [] }',
  'denied_parameters = { "note" = ["b"] }',
  'denied_parameters = { "*" = [] }',
  'required_parameters = ["note"]',
  'min_wrapping_ttl = "1s"',
];

const anyBlock = fc
  .tuple(
    fc.constantFrom(
      ...['sys/events/publish/*', 'sys/events/publish/abc', 'team/sys/events/publish/+'],
      ...['secret/*', 'secret/a', 'team/secret/+', 'team/*', '*'],
    ),
    fc.constantFrom('update', 'create', WRITE, WRITE, WRITE, 'read', 'deny'),
    fc.constantFrom('', '', '', ...PARAMETERS),
  )
  .map(([path, capabilities, more]) => blockOf(path, capabilities, more));

/** An event, and others that differ in one thing. */
const anyEvents: fc.Arbitrary<CheckedEvent[]> = fc.array(
  fc
    .constantFrom<Partial<Facts>>(
      ...[{}, {}, {}, { type: 'def' }, { namespace: 'team/' }, { namespace: 'team/below/' }],
      ...[{ note: 'a' }, { note: 'b' }, { path: '' }, { path: 'secret/b' }, { path: '/secret/a/' }],
    )
    .map((change) => checked({ ...FACTS, ...change })),
  { minLength: 1, maxLength: 6 },
);

describe('the events of a request', () => {
  it('are allowed if each of them is', () => {
    const given = fc.tuple(
      fc.array(anyBlock, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('', '', 'team'),
      anyEvents,
    );
    fc.assert(
      fc.property(given, ([blocks, namespace, events]) => {
        const access = accessOf(blocks, namespace);
        const isEachAllowed = events.every((event) => isAllowed(event, access, namespace));
        expect(authorize(events, access, namespace, true).ok).toBe(isEachAllowed);
      }),
      { numRuns: runs(20_000) },
    );
  });

  it.each(PARAMETERS)('are each compared with %s', (more) => {
    const access = accessOf([
      blockOf('sys/events/publish/abc', WRITE, more),
      blockOf('secret/*', WRITE),
    ]);
    const all = ['a', '', 'b', 'a'].map((note) => checked({ ...FACTS, note }));
    for (const first of all) {
      for (const second of all) {
        const both = [first, second];
        const isEachAllowed = both.every((event) => isAllowed(event, access, ''));
        expect(authorize(both, access, '', true).ok).toBe(isEachAllowed);
      }
    }
  });

  it('need the right to a path in the namespace of each', () => {
    const access = accessOf([blockOf('*', WRITE), blockOf('team/secret/*', 'deny')]);
    const events = [FACTS, { ...FACTS, namespace: 'team/' }].map(checked);
    expect(authorize(events.slice(0, 1), access, '', true).ok).toBe(true);
    expect(authorize(events, access, '', true).ok).toBe(false);
    expect(authorize(events, access, '', false).ok).toBe(true);
  });

  it('need the right to a type in the namespace of each', () => {
    const access = accessOf([blockOf('*', WRITE), blockOf('team/sys/events/publish/*', 'deny')]);
    const events = [FACTS, { ...FACTS, namespace: 'team/' }].map(checked);
    expect(authorize(events.slice(0, 1), access, '', true).ok).toBe(true);
    expect(authorize(events, access, '', true).ok).toBe(false);
  });
});
