/** Who may subscribe to what, and which events then come. */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { MAX_WARNING_CHARACTERS } from '../../src/http/limits.ts';
import { AccessCache } from '../../src/hub/authority-sync/access-cache.ts';
import { PolicyTexts } from '../../src/hub/authority-sync/policy-texts.ts';
import { MAX_CACHED_ACCESSES } from '../../src/hub/limits.ts';
import { it } from './fixtures.ts';
import {
  aHolder,
  Client,
  errorsOf,
  granting,
  hubOf,
  LISTENER,
  listenerOn,
  on,
  root,
  told,
} from './security-support.ts';
import { createTables, someMemory } from './support.ts';

describe('subscribing needs read on the path with the pattern in it', () => {
  it.each([
    ['sys/events/subscribe/*', 'kv-v2/data-write', true],
    ['sys/events/subscribe/*', '*', true],
    ['sys/events/subscribe/kv*', 'kv*', true],
    ['sys/events/subscribe/kv*', 'kv-v2/data-write', true],
    ['sys/events/subscribe/kv*', 'k*', false],
    ['sys/events/subscribe/kv*', '*', false],
    ['sys/events/subscribe/kv-v2/data-write', 'kv-v2/data-write', true],
    ['sys/events/subscribe/kv-v2/data-write', 'kv-v2/*', false],
    ['sys/events/subscribe/kv-v2/data-write', 'kv*', false],
    ['sys/events/subscribe/+/data-write', 'kv-v2/data-write', true],
    ['sys/events/subscribe/+/data-write', '*', false],
    ['sys/events/*', 'abc', true],
    ['*', 'abc', true],
    ['sys/events/subscribe', 'abc', false],
    ['secret/*', 'abc', false],
  ])('%s for %s: %s', async (path, pattern, allowed) => {
    const holder = await aHolder(granting({ [path]: 'read' }));
    const { status } = await holder.handshake(pattern);
    expect(status).toBe(allowed ? 101 : 403);
  });

  it.each(['list', 'update', 'create', 'delete', 'sudo', 'subscribe', 'deny'])(
    'not %s',
    async (capability) => {
      const holder = await aHolder(granting({ 'sys/events/subscribe/*': capability }));
      expect((await holder.handshake('abc')).status).toBe(403);
    },
  );

  it('is refused in Vault’s words', async () => {
    const holder = await aHolder(granting({ 'secret/*': 'list subscribe' }));
    expect(await errorsOf(await holder.handshake('abc'))).toBe(
      '1 error occurred:\n\t* permission denied\n\n',
    );
    const refused = await holder.handshake('abc');
    expect(refused.headers.get('Carillon-Warning')).toBe(
      'no policy of this token allows "read" on "sys/events/subscribe/abc"; add: path "sys/events/subscribe/abc" { capabilities = ["read"] }',
    );
    expect(await errorsOf(await new Client(undefined).handshake('abc'))).toBe('permission denied');
    expect(await errorsOf(await new Client('nobody').handshake('abc'))).toBe(
      '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n',
    );
  });

  it('is refused before anything else is said of the request', async () => {
    const holder = await aHolder(granting({ 'secret/*': 'list subscribe' }));
    for (const query of ['&filter=(', '&json=maybe', '&namespaces=../x']) {
      expect((await holder.handshake('abc', query)).status).toBe(403);
    }
    expect((await holder.get('sys/events/subscribe/abc')).status).toBe(403);
    expect((await holder.get('sys/events/subscribe/')).status).toBe(403);
    const allowed = await aHolder(LISTENER);
    expect((await allowed.handshake('abc', '&filter=(')).status).toBe(400);
    expect((await allowed.get('sys/events/subscribe/abc')).status).toBe(426);
  });
});

describe('an event comes to those who may list and subscribe to its path', () => {
  /** Which of these paths a holder of the policy hears of, on a hub and across hubs. */
  async function heard(policy: string, paths: readonly (string | undefined)[], type = 'abc') {
    const holder = await aHolder(`${granting({ 'sys/events/subscribe/*': 'read' })}\n${policy}`);
    const subscribers = [await holder.subscribe(type), await holder.subscribe('*')];
    for (const path of paths) {
      await root.published(type, path === undefined ? {} : on(path, { id: path }));
    }
    // Everybody may hear the last one, so what did not come before it does not come.
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: listenerOn('last') });
    await told();
    const last = await root.published(type, on('last'));
    const ids = await Promise.all(
      subscribers.map(async (subscriber) => {
        const all: string[] = [];
        do all.push(await subscriber.nextId());
        while (all.at(-1) !== last);
        return all.slice(0, -1);
      }),
    );
    expect(ids[0]).toEqual(ids[1]);
    return ids[0];
  }

  const PATHS = ['secret/a', 'secret/a/b', 'secret/b', 'secreta', 'other/a', undefined];

  it.each([
    [listenerOn('secret/*'), ['secret/a', 'secret/a/b', 'secret/b']],
    [listenerOn('secret*'), ['secret/a', 'secret/a/b', 'secret/b', 'secreta']],
    [listenerOn('secret/a'), ['secret/a']],
    [listenerOn('/secret/a'), ['secret/a']],
    [listenerOn('+/a'), ['secret/a', 'other/a']],
    [listenerOn('+/a*'), ['secret/a', 'secret/a/b', 'other/a']],
    [listenerOn('*'), ['secret/a', 'secret/a/b', 'secret/b', 'secreta', 'other/a']],
    [granting({ 'secret/*': 'list subscribe', 'secret/a': 'deny' }), ['secret/a/b', 'secret/b']],
    [granting({ 'secret/*': 'list subscribe', 'secret/a': 'read' }), ['secret/a/b', 'secret/b']],
    [granting({ 'secret/*': 'list subscribe', 'secret/a*': 'list' }), ['secret/b']],
    [granting({ 'secret/*': 'list', 'secret/a': 'list subscribe' }), ['secret/a']],
    [granting({ 'secret/*': 'subscribe' }), []],
    [granting({ 'secret/*': 'list' }), []],
    [granting({ 'secret/*': 'list subscribe' }, []), []],
    [granting({ 'secret/*': 'list subscribe' }, ['abc']), ['secret/a', 'secret/a/b', 'secret/b']],
    [granting({ 'secret/*': 'list subscribe' }, ['ab', 'abcd', 'ABC', 'abc/*']), []],
    [
      granting({ 'secret/*': 'list subscribe' }, ['x', 'a*']),
      ['secret/a', 'secret/a/b', 'secret/b'],
    ],
    [
      `${granting({ 'secret/*': 'list' })}\n${granting({ 'secret/*': 'subscribe' })}`,
      ['secret/a', 'secret/a/b', 'secret/b'],
    ],
    [`${granting({ 'secret/*': 'list subscribe' })}\n${granting({ 'secret/*': 'deny' })}`, []],
  ])('%s', async (policy, expected) => {
    expect(await heard(policy, PATHS)).toEqual(expected);
  });
});

it('an event without a path, or whose path is no text, comes to root alone', async () => {
  const holder = await aHolder(listenerOn('*'));
  const admin = new Client((await root.makes({ policies: ['root'] })).client_token);
  const subscribers = {
    holder: await holder.subscribe('abc'),
    admin: await admin.subscribe('abc'),
  };
  const ids = [
    await root.published('abc'),
    await root.published('abc', { metadata: {} }),
    await root.published('abc', { metadata: { data_path: 'secret/a' } }),
    await root.published('abc', on('secret/a')),
  ];
  for (const id of ids) expect(await subscribers.admin.nextId()).toBe(id);
  expect(await subscribers.holder.nextId()).toBe(ids[3]);
});

it('the policies of a token count together', async () => {
  const [a, b] = [await aHolder(LISTENER), await aHolder(listenerOn('other/*'))];
  const { client_token } = await root.makes({ policies: [a.policy, b.policy] });
  const subscriber = await new Client(client_token).subscribe('abc');
  const ids = [
    await root.published('abc', on('secret/a')),
    await root.published('abc', on('other/a')),
  ];
  for (const id of ids) expect(await subscriber.nextId()).toBe(id);
});

it('subscribers of one hub hear each what they may, in the order of publication', async () => {
  const holders = await Promise.all(
    ['secret/a', 'secret/b', 'secret/*'].map((path) => aHolder(listenerOn(path))),
  );
  const subscribers = [];
  for (const pattern of ['abc', '*']) {
    for (const holder of holders) subscribers.push(await holder.subscribe(pattern));
  }
  const paths = Array.from({ length: 250 }, (_, i) => `secret/${'abc'[i % 3]}`);
  const response = await root.publish(
    'abc',
    paths.map((path, i) => on(path, { id: `${path} ${i}` })),
  );
  expect(response.status).toBe(200);
  const due = ['secret/a', 'secret/b', 'secret/'].map((prefix) =>
    paths.map((path, i) => `${path} ${i}`).filter((id) => id.startsWith(prefix)),
  );
  for (const [index, subscriber] of subscribers.entries()) {
    for (const id of due[index % 3] ?? []) expect(await subscriber.nextId()).toBe(id);
  }
});

it('more holders than a hub keeps at hand have each their own rights', async () => {
  await runInDurableObject(hubOf('abc'), (_hub, { storage }) => {
    createTables(storage);
    const policies = new PolicyTexts(storage.sql);
    const accesses = new AccessCache(
      policies,
      { accessKeys: () => new Set() },
      someMemory().policies,
    );
    const text = listenerOn('secret/{{identity.entity.name}}');
    policies.set('', 'own', { name: 'own', version: 1, text });
    const holders = Array.from({ length: MAX_CACHED_ACCESSES + 10 }, (_, i) => ({
      authority: '',
      policies: ['own'],
      identity: { entity: { id: `${i}`, name: `n${i}`, metadata: {}, aliases: {} }, groups: [] },
    }));
    const sees = (holder: (typeof holders)[number], path: string) => {
      const facts = { event_type: 'abc', namespace: '', path, data_path: '', operation: '' };
      const access = accesses.get(accesses.keyOf(holder), holder);
      return access.mayReceive({ ...facts, source_plugin_mount: '' }).allowed;
    };
    for (const round of [1, 2]) {
      for (const [i, holder] of holders.entries()) {
        expect([round, sees(holder, `secret/n${i}`), sees(holder, `secret/n${i + 1}`)]).toEqual([
          round,
          true,
          false,
        ]);
      }
    }
    policies.set('', 'own', { name: 'own', version: 2, text: listenerOn('secret/n5') });
    expect(sees(holders[0] as (typeof holders)[number], 'secret/n5')).toBe(true);
    expect(sees(holders.at(-1) as (typeof holders)[number], 'secret/n5')).toBe(true);
  });
});

describe('a subscriber whose policies name one path of a secret of kv version 2', () => {
  const SUBSCRIBE = granting({ 'sys/events/subscribe/*': 'read' });
  const warningOf = async (path: string, pattern: string) => {
    const holder = await aHolder(`${SUBSCRIBE}\n${granting({ [path]: 'list subscribe' })}`);
    return (await holder.handshake(pattern)).headers.get('Carillon-Warning');
  };

  it.each(['*', 'kv-v2/*', 'kv-v2/delete'])('is told what it will miss of %s', async (pattern) => {
    expect(await warningOf('secret/data/app', pattern)).toMatch(
      /^policies: this token receives no event of kv-v2\/delete.*"secret\/delete\/app": add "secret\/\+\/app"$/,
    );
    expect(await warningOf('secret/my-data', pattern)).toContain('add "secret/+/my-data"');
  });

  it('is told nothing if it will miss nothing', async () => {
    expect(await warningOf('secret/data/app', 'kv-v2/data-*')).toBeNull();
    expect(await warningOf('secret/+/app', '*')).toBeNull();
  });
});

describe('a subscriber who will hear nothing', () => {
  it('is told so', async () => {
    const silent = await aHolder(
      granting({ 'sys/events/subscribe/*': 'read', 'secret/*': 'list' }),
    );
    const other = await aHolder(
      `${granting({ 'sys/events/subscribe/*': 'read' })}\n${granting({ 'secret/*': 'list subscribe' }, ['kv*'])}`,
    );
    expect((await silent.handshake('abc')).headers.get('Carillon-Warning')).toContain('policies:');
    expect((await other.handshake('abc')).headers.get('Carillon-Warning')).toContain('policies:');
    expect((await other.handshake('kv-v1/*')).headers.get('Carillon-Warning')).toBeNull();
    expect(
      (await (await aHolder(LISTENER)).handshake('abc')).headers.get('Carillon-Warning'),
    ).toBeNull();
    expect((await root.handshake('abc')).headers.get('Carillon-Warning')).toBeNull();
  });

  it.each([
    ['abc', '&sicne=earliest', 'the parameter "sicne" is not read: it is "since"'],
    ['abc', '&since=', 'since is empty, so the subscription begins now'],
    ['abc', '&since=%20', 'since is empty, so the subscription begins now'],
    ['abc', '&limit=5', 'the parameter "limit" is read only with "Accept: application/x-ndjson"'],
    ['/kv*', '', 'no event type begins with a slash; this subscribes to "kv*"'],
    ['%2Fkv*', '', 'an event type neither begins nor ends with a slash'],
    ['kv-v2', '', 'all below it are matched by "kv-v2/*"'],
    ['kv-v2/data-wirte', '', 'nearest to it is "kv-v2/data-write"'],
  ])(
    'or not what was meant, with the pattern %s and the query %s',
    async (pattern, query, warning) => {
      for (const headers of [{ Upgrade: 'websocket' }, { Accept: 'text/event-stream' }]) {
        const path = `sys/events/subscribe/${pattern}?json=true${query}`;
        const response = await root.fetch(path, { headers: headers as Record<string, string> });
        expect(response.headers.get('Carillon-Warning')).toContain(warning);
        await response.body?.cancel();
      }
    },
  );

  it('is told so in no more characters than allowed, all of them ASCII', async () => {
    const query = Array.from({ length: 32 }, (_, i) => `&namespaces=/${'ü'.repeat(100)}${i}`).join(
      '',
    );
    const warning = (await root.handshake('abc', query)).headers.get('Carillon-Warning') ?? '';
    expect(warning).toHaveLength(MAX_WARNING_CHARACTERS);
    expect(warning).toMatch(/^[\x20-\x7e]+$/);
  });
});
