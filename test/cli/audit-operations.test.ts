/**
 * What OpenBao has audited, beside what Vault Enterprise would have sent: sent to a source that may ask the audited server,
 * whose answers were recorded as well, and to one that may not.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KV_OPERATIONS, type KvOperation } from '../fixtures/audit/kv-operations.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import type { AuditReading } from '../unit/support/audit-reading.ts';

const SECRET = 'the-secret-of-the-device';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
interface Entry {
  readonly time: string;
  readonly type: string;
  readonly request: { readonly id: string; readonly path: string; readonly mount_type?: string };
  readonly response?: { readonly wrap_info?: object };
}
interface Recorded {
  readonly request: string;
  readonly entry: Entry;
  readonly reads: Readonly<Record<string, Answer>>;
}
interface Told {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
}

function readLines<T>(name: string): T[] {
  const text = readFileSync(new URL(`../fixtures/audit/${name}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

const kv = readLines<Recorded>('kv-operations.jsonl');

/** Engines about which the server is asked nothing. Their entries were recorded earlier (`record.sh`). */
const others = readLines<Entry>('openbao-2.6.2.jsonl')
  .map((entry, index) => ({ entry, index }))
  .filter(
    ({ entry: { type, request } }) =>
      type === 'response' &&
      (/^(?:database|ldap)$/.test(request.mount_type ?? '') ||
        request.path.startsWith('sys/leases')),
  );
const readings = readLines<AuditReading & { readonly request: string }>(
  'openbao-2.6.2.expected.jsonl',
);

let carillon: LocalServer;
let reads: Readonly<Record<string, Answer>> = {};
const audited = createServer((request, response) => {
  const { status, body } = reads[decodeURIComponent(request.url ?? '').replace('/v1/', '')] ?? {
    status: 403,
    body: { errors: [] },
  };
  response.writeHead(status).end(JSON.stringify(body));
});

beforeAll(async () => {
  audited.listen(0, '127.0.0.1');
  await once(audited, 'listening');
  carillon = await startLocalServer(['--allow-loopback-http']);
  for (const path of ['ns1', 'child']) {
    await api(`sys/namespaces/${path}`, path === 'child' ? 'ns1' : '');
  }
  const address = `http://127.0.0.1:${(audited.address() as AddressInfo).port}`;
  const source = { kind: 'vault-audit', secrets: [SECRET] };
  await api('sys/events/sources/asks', '', { ...source, read: { address, token: 'reads' } });
  await api('sys/events/sources/told', '', source);
});
afterAll(async () => {
  await carillon.stop();
  audited.close();
  audited.closeAllConnections();
});

async function api(path: string, namespace = '', body: object = {}): Promise<void> {
  const response = await fetch(`${carillon.address}/v1/${path}`, {
    method: 'PUT',
    headers: { 'X-Vault-Token': carillon.token, 'X-Vault-Namespace': namespace },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
}

async function send(source: string, entry: Entry): Promise<void> {
  const query = 'on_overload=block&reads=wait';
  const response = await fetch(`${carillon.address}/v1/sys/events/in/${source}?${query}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': SECRET },
    body: JSON.stringify(entry),
  });
  expect(response.ok).toBe(true);
}

/** As if it had been recorded now: all times of a line move by the same number of seconds. */
function asOfNow<T extends { readonly entry: Entry }>(line: T): T {
  const seconds = Math.floor((Date.now() - Date.parse(line.entry.time)) / 1000);
  const moved = JSON.stringify(line).replace(
    /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)((?:\.\d+)?Z)"/g,
    (_, time: string, rest: string) => {
      const now = new Date(Date.parse(`${time}Z`) + seconds * 1000).toISOString();
      return `"${now.slice(0, 19)}${rest}"`;
    },
  );
  return JSON.parse(moved) as T;
}

/** The events of each source, by the id of the request. */
async function eventsOf(): Promise<Map<string, Told[]>> {
  const response = await fetch(
    `${carillon.address}/v1/sys/events/subscribe/*?since=earliest&namespaces=*&limit=1000&wait=3s`,
    { headers: { 'X-Vault-Token': carillon.token, Accept: 'application/x-ndjson' } },
  );
  const events = new Map<string, Told[]>();
  for (const line of (await response.text()).trimEnd().split('\n')) {
    const { id, source, data } = JSON.parse(line) as {
      id: string;
      source: string;
      data: { event_type: string; event: { metadata: Record<string, string> } };
    };
    const key = `${source.split('/').at(-1)} ${id}`;
    const told = { type: data.event_type, metadata: data.event.metadata };
    events.set(key, [...(events.get(key) ?? []), told]);
  }
  return events;
}

function expectedOf({ request, event }: KvOperation): Told[] {
  if (event === undefined) return [];
  const { type = '', ...more } = event;
  const path = request.split(' ')[1] ?? '';
  return [
    { type, metadata: { modified: 'true', operation: type.split('/')[1] ?? '', path, ...more } },
  ];
}

/** Whether Vault sends more than the entry tells, and the source may ask nothing about it. */
function isLacking({ request }: { request: string }, { response }: Entry): boolean {
  // The name of the service account is hashed, unless the mount is tuned. A wrapped answer has no lease.
  return /check-(?:out|in)$/.test(request) || response?.wrap_info !== undefined;
}

it('has the events of Vault Enterprise for at least 100 operations, and misses those that are documented', async () => {
  expect(kv.map(({ request }) => request)).toEqual(KV_OPERATIONS.map(({ request }) => request));
  const ids: string[] = [];
  for (const line of kv) {
    const { entry, reads: answers } = asOfNow(line);
    reads = answers;
    ids.push(entry.request.id);
    for (const source of ['asks', 'told']) await send(source, entry);
  }
  for (const { entry } of others) await send('asks', entry);
  const events = await eventsOf();

  const unequal = { asks: [] as string[], told: [] as string[] };
  for (const [index, operation] of KV_OPERATIONS.entries()) {
    for (const source of ['asks', 'told'] as const) {
      const told = events.get(`${source} ${ids[index]}`) ?? [];
      if (!isEqual(told, expectedOf(operation))) {
        unequal[source].push(`${operation.request} ${JSON.stringify(operation.body ?? '')}`);
      }
    }
  }
  expect(unequal.asks).toEqual([
    // The CLI sends versions as texts, which are hashed unless the mount is tuned.
    'POST secret/delete/app {"versions":["4"]}',
    'POST secret/undelete/app {"versions":"4,5"}',
    // Afterwards nothing tells whether it existed.
    'DELETE secret/metadata/app ""',
  ]);

  const unequalOthers = others.flatMap(({ entry, index }) => {
    const reading = readings[index];
    if (reading === undefined) throw new Error(`no reading of line ${index + 1}`);
    const expected = 'events' in reading ? reading.events : [];
    const told = expected.flatMap(({ id }) => events.get(`asks ${id}`) ?? []);
    const wanted = expected.map(({ event_type: type, metadata }) => ({ type, metadata }));
    const lacks = 'dropped' in reading || (wanted.length > 0 && isLacking(reading, entry));
    return lacks || !isEqual(told, wanted) ? [reading.request] : [];
  });
  expect(unequalOthers).toEqual([
    'response update sys/leases/revoke',
    'response update sys/leases/revoke-prefix/database/creds/dynamic',
    'response update sys/leases/revoke-force/database/creds/dynamic',
    'response read ns1/database/creds/dynamic',
    'response update ldap/library/set/check-out',
    'response update ldap/library/set/check-in',
    'response update ldap/library/set/check-out',
    'response update ldap/library/manage/set/check-in',
  ]);
  const total = kv.length + others.length;
  const equal = total - unequal.asks.length - unequalOthers.length;
  const equalWithoutReads = equal + unequal.asks.length - unequal.told.length;
  expect({ total, equal, equalWithoutReads }).toEqual({
    total: 145,
    equal: 134,
    equalWithoutReads: 91,
  });
});

function isEqual(a: readonly Told[], b: readonly Told[]): boolean {
  const sorted = (all: readonly Told[]) =>
    JSON.stringify(
      all.map(({ type, metadata }) => [
        type,
        Object.entries(metadata).sort(([x], [y]) => (x < y ? -1 : 1)),
      ]),
    );
  return sorted(a) === sorted(b);
}
