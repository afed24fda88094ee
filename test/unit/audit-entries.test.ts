import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../../src/event/catalog.ts';
import { checkEvent } from '../../src/event/event.ts';
import { eventsOfRequest, readAuditRequest } from '../../src/ingest/audit/audit-entry.ts';
import { type AuditReading, readAuditEntry } from './support/audit-reading.ts';
import { DEFAULTS } from './support/checked.ts';
import { accepted } from './support/result.ts';

/** What becomes of an entry; of the reason why it is dropped, a part. */
type Expected = AuditReading & { readonly request: string };
type HandMade = AuditReading & {
  readonly case: string;
  readonly mounts?: Readonly<Record<string, 1 | 2>>;
  readonly entry: unknown;
};

function readLines<T>(name: string): T[] {
  const text = readFileSync(new URL(`../fixtures/audit/${name}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

const RECORDINGS = ['openbao-2.6.2', 'openbao-2.6.2-raw'];
const HAND_MADE = readLines<HandMade>('hand-made.jsonl');
const EXPECTED = RECORDINGS.flatMap((name) => readLines<Expected>(`${name}.expected.jsonl`));

const untold = { mounts: new Map<string, 1 | 2>() };

function expectReading(reading: AuditReading, expected: AuditReading): void {
  if ('events' in expected) expect(reading).toEqual({ events: expected.events });
  else if ('dropped' in expected) {
    expect(reading).toEqual({ dropped: expect.stringContaining(expected.dropped) });
  } else expect(reading).toEqual({ ignored: true });
}

describe.each(RECORDINGS)('what was recorded as %s', (name) => {
  const entries = readLines<unknown>(`${name}.jsonl`);
  const expected = readLines<Expected>(`${name}.expected.jsonl`);

  it('has an expectation for each entry', () => {
    expect(entries.length).toBe(expected.length);
    expect(entries.length).toBeGreaterThan(9);
  });

  it.each(expected.map((each, index) => [index + 1, each.request, each] as const))(
    'line %i, %s',
    (line, _, each) => expectReading(readAuditEntry(entries[line - 1], untold), each),
  );
});

describe('an entry made by hand', () => {
  it.each(HAND_MADE.map((each) => [each.case, each] as const))('%s', (_, each) => {
    const mounts = new Map(Object.entries(each.mounts ?? {}));
    expectReading(readAuditEntry(each.entry, { mounts }), each);
  });
});

it('a mount of version 1 that is told has no key that is taken for a path of version 2', () => {
  const lines = readLines<{ request: { mount_point?: string } }>('openbao-2.6.2.jsonl');
  const ofV1 = lines.filter(({ request }) => request.mount_point === 'kv1/');
  const mounts = new Map<string, 1 | 2>([['kv1/', 1]]);
  const types = ofV1.flatMap((entry) => {
    const reading = readAuditEntry(entry, { mounts });
    return 'events' in reading ? reading.events.map(({ event_type }) => event_type) : [];
  });
  expect(new Set(types)).toEqual(new Set(['kv-v1/write', 'kv-v1/delete']));
  expect(types).toHaveLength(5);
});

it('every catalogued type is read from an entry, but what none can tell', () => {
  const families = ['kv-v1', 'kv-v2', 'database', 'ldap', 'azure', 'lease'];
  const catalogued = [...CATALOG.keys()].filter((type) =>
    families.includes(type.split('/')[0] ?? ''),
  );
  const read = new Set(
    [...EXPECTED, ...HAND_MADE].flatMap((each) =>
      'events' in each ? each.events.map(({ event_type }) => event_type) : [],
    ),
  );
  expect(catalogued.filter((type) => !read.has(type))).toEqual([
    'database/reload-connection',
    'database/reload-connection-fail',
    'lease/expired',
  ]);
});

it('an entry whose id can be none of an event becomes one with an id of its own, always the same', () => {
  const [known] = readLines<{ request: object }>('hand-made.jsonl').map((line) => {
    const { entry } = line as unknown as { entry: { request: object } };
    return entry;
  });
  const idsOf = (id: string) => {
    const reading = readAuditEntry({ ...known, request: { ...known?.request, id } }, untold);
    return 'events' in reading ? reading.events.map((event) => event.id) : [];
  };
  for (const id of ['earliest', 'cc2.x', '2026-11-22', '-1d', ' a', 'x'.repeat(300)]) {
    const [made = ''] = idsOf(id);
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(idsOf(id)).toEqual([made]);
  }
  expect(idsOf('earliest')).not.toEqual(idsOf('Earliest'));
  expect(idsOf('e1')).toEqual(['e1']);
});

it('a read of static credentials tells of their last rotation, if the source wants that, always by the same id', () => {
  const read = (time: string, more: object = {}) => {
    const entry = {
      time: '2026-11-30T12:00:00Z',
      type: 'response',
      auth: { policy_results: { allowed: true } },
      request: {
        id: `r-${time}`,
        operation: 'read',
        mount_point: 'database/',
        mount_type: 'database',
        mount_accessor: 'database_1',
        path: 'database/static-creds/app',
      },
      response: { data: { last_vault_rotation: time, password: 'hmac-sha256:00' } },
      ...more,
    };
    const request = accepted(readAuditRequest(entry, new Map()));
    if (request === undefined) throw new Error('no request');
    const events = (tellsRotations: boolean) =>
      accepted(eventsOfRequest({ ...request, tellsRotations }, new Map()));
    expect(events(false).map(({ event_type }) => event_type)).not.toContain('database/rotate');
    return events(true).filter(({ event_type }) => event_type === 'database/rotate');
  };
  const [first] = read('2026-11-30T11:00:00.5Z');
  expect(first).toMatchObject({
    time: '2026-11-30T11:00:00.5Z',
    metadata: { path: 'database', operation: 'rotate', modified: 'true', name: 'app' },
  });
  expect(read('2026-11-30T11:00:00.5Z')[0]?.id).toBe(first?.id);
  expect(read('2026-11-30T11:30:00Z')[0]?.id).not.toBe(first?.id);
  expect(read('hmac-sha256:00')).toEqual([]);
  expect(read('2026-11-30T11:00:00Z', { error: '1 error occurred: no' })).toEqual([]);
});

it('every event passes the check of all events, if it may lack what its entry does not tell', () => {
  for (const each of [...EXPECTED, ...HAND_MADE]) {
    if (!('events' in each)) continue;
    for (const event of each.events) {
      const checked = accepted(checkEvent(event, { ...DEFAULTS, mayLackMetadata: true }));
      expect(checked).toMatchObject({ id: event.id, time: event.time, metadata: event.metadata });
    }
  }
});

it('the documentation has every event that an entry becomes', () => {
  const document = readFileSync(new URL('../../docs/openbao.md', import.meta.url), 'utf8');
  const tables = document.split('\n').filter((line) => line.startsWith('|'));
  for (const each of [...EXPECTED, ...HAND_MADE]) {
    if (!('events' in each)) continue;
    for (const { event_type } of each.events) {
      const [family, name] = event_type.split('/');
      const isThere = (line: string) =>
        line.includes(`\`${event_type}\``) ||
        (line.includes(`\`${family}/`) && line.includes(`\`${name}\``));
      expect({ event_type, isThere: tables.some(isThere) }).toEqual({ event_type, isThere: true });
    }
  }
});
