import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestKeysOf } from '../../src/config/derived-keys.ts';
import {
  type Exchange,
  eventsOfExchange,
  isEventful,
  mayMakeEvents,
  needsRequest,
} from '../../src/ingest/exchange/exchange.ts';
import { readMountFacts } from '../../src/ingest/exchange/mount-facts.ts';
import { referenceInEntry, signReference } from '../../src/ingest/exchange/request-reference.ts';
import { MAX_REFERENCE_AGE_SECONDS } from '../../src/ingest/limits.ts';
import { readAuditEntry } from './support/audit-reading.ts';
import { accepted } from './support/result.ts';

type Json = Record<string, unknown>;

const KV2 = {
  namespace: '',
  mount: 'secret/',
  prefix: 'secret/',
  engine: 'kv',
  version: 2,
} as const;

function exchange(changed: Partial<Exchange> = {}): Exchange {
  return {
    method: 'PUT',
    path: 'secret/data/app',
    mount: { ...KV2, pluginInfo: { mount_path: 'secret/', plugin: 'kv' } },
    reference: 'made',
    time: '2026-11-30T00:00:00Z',
    sent: undefined,
    answered: undefined,
    index: null,
    ...changed,
  };
}

describe('a request that passed through', () => {
  const METHODS: Readonly<Record<string, string>> = {
    create: 'POST',
    update: 'PUT',
    patch: 'PATCH',
    delete: 'DELETE',
    read: 'GET',
  };

  interface Entry {
    readonly time: string;
    readonly error?: string;
    readonly request: Json & { readonly namespace: { readonly path?: string } };
    readonly response?: Json;
  }

  /** What passed through, for an entry of the audit log. */
  function exchangeOf({ request, response = {}, time }: Entry): Exchange {
    const namespace = (request.namespace.path ?? '').replace(/\/$/, '');
    const point = String(request.mount_point).slice((request.namespace.path ?? '').length);
    const { lease_id = '' } = (response.secret ?? {}) as Json;
    const isV1 = point === 'kv1/' || point === 'plain/';
    const facts = readMountFacts(
      {
        data: {
          path: point,
          type: request.mount_type,
          accessor: request.mount_accessor,
          running_plugin_version: request.mount_running_version,
          options: isV1 ? null : { version: '2' },
        },
      },
      String(request.path),
      namespace,
    );
    if (facts === undefined) throw new Error(`no mount of ${String(request.path)}`);
    return exchange({
      method: METHODS[String(request.operation)] ?? 'HEAD',
      path: String(request.path),
      mount: facts,
      reference: String(request.id),
      time,
      sent: request.data,
      answered: { request_id: request.id, lease_id, ...response },
    });
  }

  /** The requests that succeeded, of mounts of which it is said here which version they have. */
  const entries = ['openbao-2.6.2', 'openbao-2.6.2-raw'].flatMap((name) =>
    readFileSync(new URL(`../fixtures/audit/${name}.jsonl`, import.meta.url), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry & { type: string })
      .filter(({ error, request, response, type }) => {
        const { data = {} } = (response ?? {}) as { data?: Json };
        return (
          type === 'response' &&
          error === undefined &&
          !('error' in data) &&
          !('http_status_code' in data) &&
          request.operation !== 'list'
        );
      }),
  );

  it('makes the events of its audit entry, but for what only that knows: whether it created something', () => {
    const mounts = new Map<string, 1 | 2>([
      ...['kv1/', 'plain/', 'ns1/kv1/', 'ns1/child/kv1/'].map((each) => [each, 1] as const),
      ...['secret/', 'tuned/', 'apps/team/kv/', 'ns1/secret/', 'ns1/child/secret/'].map(
        (each) => [each, 2] as const,
      ),
    ]);
    let compared = 0;
    for (const entry of entries) {
      const audited = readAuditEntry(entry, { mounts });
      const passed = exchangeOf(entry);
      const isRead = mayMakeEvents(passed.method, passed.path);
      const events = isRead ? eventsOfExchange(passed) : { ok: true as const, value: [] };
      const found = events.ok
        ? events.value.length === 0
          ? { ignored: true }
          : { events: events.value }
        : { dropped: events.failure.message };
      const text = JSON.stringify(audited).replace(/\b(role|library)-create\b/g, '$1-update');
      expect(JSON.parse(JSON.stringify(found).replaceAll('ns1/"', 'ns1"'))).toEqual(
        JSON.parse(text.replaceAll('ns1/"', 'ns1"')),
      );
      if ('events' in audited) compared++;
    }
    expect(compared).toBeGreaterThan(60);
  });

  it.each([
    ['POST', 'secret/delete/app', true],
    ['PUT', 'ns1/secret/undelete/a/b', true],
    ['PUT', 'sys/leases/revoke', true],
    ['POST', 'ns1/sys/leases/renew', true],
    ['PUT', 'secret/data/app', false],
    ['DELETE', 'secret/delete/app', false],
    ['PUT', 'sys/leases/revoke/database/creds/app/1', true],
    ['POST', 'secret/metadata/app', true],
    ['PUT', 'ns1/secret/config', true],
    ['PUT', 'pki/config/urls', false],
  ])('%s %s: its body is read: %s', (method, path, isNeeded) => {
    expect(needsRequest(method, path)).toBe(isNeeded);
  });

  it.each([
    ['metadata/app', { max_versions: 3 }, ['kv-v2/metadata-write']],
    ['metadata/app', {}, []],
    ['config', {}, []],
    // Its body is too large, or compressed.
    ['metadata/app', undefined, ['kv-v2/metadata-write']],
    ['config', undefined, ['kv-v2/config-write']],
  ])('to secret/%s with the body %j makes %j', (below, sent, types) => {
    const events = accepted(eventsOfExchange(exchange({ path: `secret/${below}`, sent })));
    expect(events.map(({ event_type }) => event_type)).toEqual(types);
  });

  it('is about the lease in its body if it names two', () => {
    const mount = { ...KV2, mount: 'sys/', prefix: 'sys/', engine: 'system', pluginInfo: {} };
    const path = 'sys/leases/revoke/database/creds/app/1';
    const sent = { lease_id: 'database/creds/other/2' };
    const [event] = accepted(eventsOfExchange(exchange({ mount, path, sent })));
    expect(event?.metadata.lease_id).toBe('database/creds/other/2');
  });

  it.each([
    ['PUT', 'kv', true],
    ['GET', 'kv', false],
    ['GET', 'database', true],
    ['PUT', 'transit', false],
  ])('%s makes events in mounts of %s: %s', (method, engine, makes) => {
    const mount = { ...KV2, engine, pluginInfo: {} };
    expect(isEventful(mount, method)).toBe(makes);
  });

  it.each([
    ['djE6YWJj+/=', 'djE6YWJj+/='],
    ['not Base64!', undefined],
    ['x'.repeat(1025), undefined],
    [null, undefined],
  ])('has the index %s of the answer as %s', (index, expected) => {
    const [event] = accepted(eventsOfExchange(exchange({ index })));
    expect(event?.metadata.vault_index).toBe(expected);
  });
});

describe('no secret value reaches an event', () => {
  const canary = fc.oneof(
    fc.constantFrom('canary', 'secret/data/canary', '1,canary', 'canary/canary'),
    fc.nat(99).map((n) => 770_000_000 + n),
  );
  const { body } = fc.letrec<{ body: Json; value: unknown }>((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, canary, fc.array(tie('value'), { maxLength: 3 }), tie('body')),
    body: fc.dictionary(
      fc.oneof(
        fc.constantFrom('data', 'auth', 'wrap_info', 'warnings', 'versions', 'name', 'error'),
        fc.constantFrom('request_id', 'metadata', 'password', 'canary', 'options', '__proto__'),
      ),
      tie('value'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  }));
  /** A body has none where a version or the id of a lease stands: those are what events tell. */
  const bodies = body.map((members) => ({
    ...members,
    request_id: 'r',
    data: { ...members, version: 'canary' },
    versions: ['canary', 1],
    lease_id: '',
  }));
  const mounts = fc.constantFrom(
    {
      engine: 'kv',
      version: 2,
      below: ['data/a', 'metadata/a', 'delete/a', 'destroy/a', 'config'],
    },
    { engine: 'kv', version: 1, below: ['a', 'data/a', 'delete/a', 'config'] },
    { engine: 'database', version: 1, below: ['config/a', 'roles/a', 'creds/a', 'rotate-root/a'] },
    { engine: 'ldap', version: 1, below: ['config', 'creds/a', 'library/a/check-out'] },
    { engine: 'system', version: 1, below: ['leases/renew', 'leases/revoke', 'leases/revoke/a/b'] },
  );

  it('of bodies full of canaries, nor the reason why there is none', () => {
    let made = 0;
    fc.assert(
      fc.property(
        mounts.chain(({ below, ...mount }) =>
          fc.constantFrom(...below).map((path) => ({ ...mount, path })),
        ),
        fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE'),
        bodies,
        bodies,
        ({ path, engine, version }, method, sent, answered) => {
          const mount = { ...KV2, engine, version: version as 1 | 2, mount: 'm/', prefix: 'm/' };
          const events = eventsOfExchange(
            exchange({
              ...{ method, path: `m/${path}`, sent, answered },
              mount: { ...mount, pluginInfo: { mount_path: 'm/' } },
            }),
          );
          expect(JSON.stringify(events)).not.toMatch(/canary|7700000/);
          if (events.ok) made += events.value.length;
        },
      ),
      { numRuns: 3000 },
    );
    expect(made).toBeGreaterThan(300);
  });
});

describe('the reference of a request', () => {
  const [key, old] = requestKeysOf({
    SOURCE_KEY: [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')).join(),
  });
  if (key === undefined || old === undefined) throw new Error('no keys');
  const now = Date.parse('2026-11-30T12:00:00Z');
  const signed = signReference('an-id', 'ns1/secret/data/app', now, key);

  function entry(text: unknown, changed: Json = {}): Json {
    return {
      time: '2026-11-30T12:00:01.5Z',
      request: {
        id: 'of-the-entry',
        path: 'secret/data/app',
        namespace: { path: 'ns1/' },
        headers: { 'carillon-request': text },
      },
      ...changed,
    };
  }

  it('is found in the entry, also under the key before', () => {
    expect(referenceInEntry(entry([signed]), [key])).toBe('an-id');
    expect(referenceInEntry(entry([signed]), [old, key])).toBe('an-id');
  });

  it.each([
    ['another key', entry([signed]), [old]],
    ['no key', entry([signed]), []],
    [
      'another path',
      { ...entry([signed]), request: { ...(entry([signed]).request as Json), path: 'a' } },
      [key],
    ],
    [
      'a later time',
      entry([signed], {
        time: new Date(now + (MAX_REFERENCE_AGE_SECONDS + 1) * 1000).toISOString(),
      }),
      [key],
    ],
    ['no time', entry([signed], { time: 'now' }), [key]],
    ['two headers', entry([signed, signed]), [key]],
    ['a hashed one', entry(['hmac-sha256:abc']), [key]],
    ['none', entry(undefined), [key]],
  ])('is not found with %s', (_, audited, keys) => {
    expect(referenceInEntry(audited, keys)).toBeUndefined();
  });

  it.each([
    [{ data: { version: 1 } }],
    [{ secret: { lease_id: 'a/b' } }],
    [{ warnings: ['of OpenBao'] }],
  ])('is the id of the request if the answer has it: %j', (response) => {
    expect(referenceInEntry(entry([signed], { response }), [key])).toBe('of-the-entry');
  });

  it.each([
    [{ data: {} }],
    [{ data: { version: 1 }, wrap_info: { ttl: 60 } }],
    [{ secret: {} }],
    [{}],
  ])('is the signed one if the answer has none: %j', (response) => {
    expect(referenceInEntry(entry([signed], { response }), [key])).toBe('an-id');
  });
});
