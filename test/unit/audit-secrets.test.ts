import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAuditEntry } from './support/audit-reading.ts';
import { inCpuTime } from './support/cpu-time.ts';

/** Nothing else that an entry has looks like these. */
const CANARY = /canary|7700000/;
const canaryNumber = fc.nat(99).map((n) => 770_000_000 + n);
const canaryWord = fc
  .tuple(
    fc.constantFrom('canary', 'hmac-canary', 'sys canary', '1,canary', 'ünï-canary'),
    fc.nat(99),
  )
  .map(([word, n]) => `${word}-${n}`);
const canaryText = fc.oneof(
  canaryWord,
  canaryWord.map((word) => `secret/data/${word}`),
  canaryNumber.map(String),
);

/** Keys that mean something, in the data of one request or another. */
const KEYS = [
  'versions',
  'version',
  'lease_id',
  'name',
  'plugin_name',
  'path',
  'data',
  'options',
  'password',
  'connections',
  'service_account_name',
  'check_ins',
  '__proto__',
];

const { data: canaries } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    canaryText,
    canaryNumber,
    fc.array(tie('data'), { maxLength: 3 }),
    dictionaryOf(tie('data')),
  ),
}));

function dictionaryOf(values: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  const keys = fc.oneof(fc.constantFrom(...KEYS), canaryWord);
  return fc.dictionary(keys, values, { maxKeys: 4, noNullPrototype: true });
}

/**
 * Data of a request or a response, full of canaries. What is a version, the id of a lease or a service account where it
 * stands has none that could be one: those are what events tell.
 */
const data = fc
  .tuple(dictionaryOf(canaries), canaryWord, canaryWord)
  .map(([members, word, other]) => ({
    ...members,
    versions: [word, 1],
    version: word,
    lease_id: word,
    service_account_name: 'account',
    check_ins: ['account', 'hmac-account'],
    [other]: word,
  }));

const mounts = fc.constantFrom(
  {
    mount_type: 'kv',
    mount_point: 'secret/',
    below: ['app', 'config', 'data/app', 'metadata/app'],
  },
  { mount_type: 'kv', mount_point: 'secret/', below: ['delete/a', 'undelete/a', 'destroy/a'] },
  {
    mount_type: 'database',
    mount_point: 'database/',
    below: ['config/a', 'roles/a', 'static-roles/a', 'creds/a', 'static-creds/a'],
  },
  {
    mount_type: 'database',
    mount_point: 'database/',
    below: ['rotate-root/a', 'rotate-role/a', 'reset/a', 'reload/a'],
  },
  {
    mount_type: 'ldap',
    mount_point: 'ldap/',
    below: ['config', 'role/a', 'static-role/a', 'creds/a', 'rotate-root', 'rotate-role/a'],
  },
  {
    mount_type: 'ldap',
    mount_point: 'ldap/',
    below: ['library/a', 'library/a/check-out', 'library/manage/a/check-in'],
  },
  {
    mount_type: 'system',
    mount_point: 'sys/',
    below: ['leases/renew', 'leases/revoke', 'leases/revoke-prefix/a', 'leases/renew/a/b'],
  },
  { mount_type: 'transit', mount_point: 'transit/', below: ['keys/a', 'encrypt/a'] },
);

/** An entry as `log_raw` writes it, with a canary wherever a secret may stand, and many where none may. */
const entries = fc
  .record({
    mount: mounts.chain(({ below, ...mount }) =>
      fc.constantFrom(...below).map((path) => ({ ...mount, path: mount.mount_point + path })),
    ),
    operation: fc.constantFrom('create', 'update', 'patch', 'delete', 'read'),
    sent: fc.option(data, { nil: undefined }),
    answered: fc.option(data, { nil: undefined }),
    hasFailed: fc.constantFrom(false, false, true),
    isAllowed: fc.constantFrom(true, true, false),
    lease: fc.option(fc.constant({ lease_id: 'database/creds/a/1' }), { nil: undefined }),
    more: dictionaryOf(canaries),
    word: canaryWord,
  })
  .map(({ mount, operation, sent, answered, hasFailed, isAllowed, lease, more, word }) => ({
    time: '2026-11-23T00:00:00Z',
    type: 'response',
    auth: { client_token: word, metadata: more, policy_results: { allowed: isAllowed } },
    request: {
      ...mount,
      id: '00000000-0000-4000-8000-000000000000',
      operation,
      mount_class: 'secret',
      client_token: word,
      namespace: { id: 'root' },
      headers: { 'x-secret': [word] },
      data: sent,
      body: more,
    },
    response: {
      auth: { client_token: word },
      secret: lease === undefined ? undefined : { ...lease, internal: more },
      data: hasFailed ? { ...answered, error: word } : answered,
      warnings: [word],
      redirect: word,
      wrap_info: { token: word, accessor: word },
      headers: more,
    },
    error: hasFailed ? `1 error occurred:\n\t* ${word}\n\n` : undefined,
    [word]: more,
  }));

const settings = fc.constantFrom<ReadonlyMap<string, 1 | 2>>(
  new Map(),
  new Map([['secret/', 1]]),
  new Map([['secret/', 2]]),
);

describe('no secret value reaches an event', () => {
  it('of an entry full of canaries, nor the reason why it is none', () => {
    const outcomes = { events: 0, ignored: 0, dropped: 0 };
    fc.assert(
      fc.property(entries, settings, (entry, mounts) => {
        expect(JSON.stringify(entry)).toMatch(CANARY);
        const reading = readAuditEntry(JSON.parse(JSON.stringify(entry)), { mounts });
        expect(JSON.stringify(reading)).not.toMatch(CANARY);
        if ('events' in reading) outcomes.events++;
        else if ('dropped' in reading) outcomes.dropped++;
        else outcomes.ignored++;
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(20);
  });

  it('of a secret of version 1 whose key begins as a path of version 2, though numbers are not hashed', () => {
    const secret = dictionaryOf(canaries).filter((members) => Object.keys(members).length !== 1);
    fc.assert(
      fc.property(
        secret,
        fc.constantFrom('delete', 'undelete', 'destroy', 'data', 'metadata'),
        fc.constantFrom('create', 'update'),
        (members, section, operation) => {
          const reading = readAuditEntry(writeTo(`kv/${section}/app`, operation, members), {
            mounts: new Map(),
          });
          expect(reading).toHaveProperty('events');
          expect(JSON.stringify(reading)).not.toMatch(CANARY);
        },
      ),
    );
  });

  it('of what was recorded, hashed or raw: no text of the data of a request or response', () => {
    let texts = 0;
    for (const name of ['openbao-2.6.2', 'openbao-2.6.2-raw']) {
      const file = new URL(`../fixtures/audit/${name}.jsonl`, import.meta.url);
      for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
        const entry = JSON.parse(line) as Record<'request' | 'response', { data?: object }>;
        const reading = JSON.stringify(readAuditEntry(entry, { mounts: new Map() }));
        for (const [key, text] of textsIn([entry.request.data, entry.response?.data])) {
          // Shorter ones stand in paths by chance, and the id of a lease is to be told.
          if (text.length < 8 || key === 'lease_id' || key === 'service_account_name') continue;
          texts++;
          expect(reading).not.toContain(text);
        }
      }
    }
    expect(texts).toBeGreaterThan(50);
  });
});

it('an entry of a megabyte is read in time, with what is too much for a frame left out', () => {
  const versions = Array.from({ length: 150_000 }, (_, index) => index);
  for (const sent of [{ versions }, { versions: versions.join() }, { versions: ','.repeat(1e6) }]) {
    const entry = writeTo('secret/destroy/app', 'update', sent);
    const reading = inCpuTime(500, () => readAuditEntry(entry, { mounts: new Map() }));
    expect(reading).toMatchObject({
      events: [
        { metadata: { modified: 'true', operation: 'destroy', path: 'secret/destroy/app' } },
      ],
    });
    expect(JSON.stringify(reading).length).toBeLessThan(1000);
  }
  for (const slashes of ['/', 'a/', '/check-in', '/check-out/'].map((part) =>
    part.repeat(100_000),
  )) {
    const entry = { ...writeTo(`library/${slashes}`, 'update', {}) };
    entry.request = { ...entry.request, mount_type: 'ldap', mount_point: 'library/' };
    inCpuTime(500, () => readAuditEntry(entry, { mounts: new Map() }));
  }
});

function writeTo(path: string, operation: string, sent: object) {
  return {
    time: '2026-11-23T00:00:00Z',
    type: 'response',
    auth: { policy_results: { allowed: true } },
    request: {
      id: '00000000-0000-4000-8000-000000000000',
      operation,
      mount_type: 'kv',
      mount_point: path.slice(0, path.indexOf('/') + 1),
      path,
      data: sent,
    },
    response: {},
  };
}

function textsIn(value: unknown, key = ''): [key: string, text: string][] {
  if (typeof value === 'string') return [[key, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, inner]) =>
    textsIn(inner, Array.isArray(value) ? key : member),
  );
}
