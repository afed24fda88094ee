/** Who may publish what, and where. */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { app } from '../../src/app.ts';
import { LOOKUP_CACHE_MS } from '../../src/objects/limits.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  authority,
  elapse,
  errorsOf,
  granting,
  type Holder,
  objects,
  on,
  root,
} from './security-support.ts';

const PUBLISHER = granting({ 'sys/events/publish/*': 'update', 'secret/*': 'update' });

describe('publishing needs update or create on the path of the event type', () => {
  it.each([
    ['sys/events/publish/*', 'update', 200],
    ['sys/events/publish/*', 'create', 200],
    ['sys/events/publish/abc', 'update', 200],
    ['sys/events/publish/ab*', 'create', 200],
    ['sys/events/publish/+', 'update', 200],
    ['sys/events/publish/abcd', 'update', 403],
    ['sys/events/publish/abc/', 'update', 403],
    ['sys/events/publish', 'update', 403],
    ['sys/events/subscribe/*', 'update', 403],
    ['sys/events/publish/*', 'read', 403],
    ['sys/events/publish/*', 'sudo', 403],
    ['sys/events/publish/*', 'list subscribe', 403],
    ['sys/events/publish/*', 'update deny', 403],
  ])('%s with %s: %d', async (path, capabilities, status) => {
    const holder = await aHolder(granting({ [path]: capabilities }));
    expect((await holder.publish('abc')).status).toBe(status);
    expect((await holder.publish('', { event_type: 'abc' })).status).toBe(status);
  });

  it('of every event, by whatever reader it came in', async () => {
    const holder = await aHolder(granting({ 'sys/events/publish/abc': 'update' }));
    const post = (type: string, body: string) =>
      holder.fetch('sys/events/publish', {
        method: 'POST',
        headers: { 'Content-Type': type },
        body,
      });
    const cloudEvent = (type: string) => ({ specversion: '1.0', id: type, source: '/a', type });
    for (const [type, allowed, denied] of [
      ['application/json', '{"event_type":"abc"}', '[{"event_type":"abc"},{"event_type":"def"}]'],
      [
        'application/x-ndjson',
        '{"event_type":"abc"}\n',
        '{"event_type":"abc"}\n{"event_type":"def"}\n',
      ],
      [
        'application/cloudevents+json',
        JSON.stringify(cloudEvent('abc')),
        JSON.stringify(cloudEvent('def')),
      ],
      [
        'application/cloudevents-batch+json',
        JSON.stringify([cloudEvent('abc')]),
        JSON.stringify([cloudEvent('abc'), cloudEvent('def')]),
      ],
    ] as const) {
      expect((await post(type, allowed)).status, type).toBe(200);
      const refused = await post(type, denied);
      expect(refused.status, type).toBe(403);
      expect(await errorsOf(refused), type).toContain('"sys/events/publish/def"');
    }
    const binary = (type: string) =>
      holder.fetch('sys/events/publish', {
        method: 'POST',
        headers: { 'ce-specversion': '1.0', 'ce-id': 'x', 'ce-source': '/a', 'ce-type': type },
      });
    expect((await binary('abc')).status).toBe(200);
    expect((await binary('def')).status).toBe(403);
  });
});

describe('publishing needs update or create on the path of the event', () => {
  it.each([
    ['secret/a', 200],
    ['/secret/a', 200],
    ['secret/a/b', 200],
    ['secret', 403],
    ['secretx', 403],
    ['other/a', 403],
    ['//other/a', 400],
    ['secret/../other/a', 400],
  ])('%s: %d', async (path, status) => {
    const holder = await aHolder(PUBLISHER);
    const response = await holder.publish('abc', on(path));
    expect(response.status).toBe(status);
    if (status === 403) expect(await errorsOf(response)).toContain('path of the event');
  });

  it('if it has one', async () => {
    const holder = await aHolder(granting({ 'sys/events/publish/*': 'update' }));
    expect((await holder.publish('abc')).status).toBe(200);
    expect((await holder.publish('abc', { metadata: { data_path: 'secret/a' } })).status).toBe(200);
    expect((await holder.publish('abc', on('secret/a'))).status).toBe(403);
  });

  it('unless the operator says otherwise', async () => {
    const holder = await aHolder(granting({ 'sys/events/publish/abc': 'update' }));
    const post = (type: string, needsPath: string) =>
      app.fetch(
        new Request(`http://carillon.test/v1/sys/events/publish/${type}`, {
          method: 'POST',
          headers: { 'X-Vault-Token': holder.token ?? '', 'Content-Type': 'application/json' },
          body: JSON.stringify(on('secret/a')),
        }),
        { ...env, ROOT_TOKEN: 'root', PUBLISH_NEEDS_PATH: needsPath },
        createExecutionContext(),
      );
    expect((await post('abc', 'true')).status).toBe(403);
    expect((await post('abc', 'false')).status).toBe(200);
    expect((await post('def', 'false')).status).toBe(403);
  });
});

describe('a request with one event that may not be published', () => {
  it('says which, and publishes none', async () => {
    const holder = await aHolder(
      granting({
        'sys/events/publish/*': 'update',
        'sys/events/publish/def': 'deny',
        'secret/*': 'update',
      }),
    );
    const listener = await root.subscribe('*');
    const events = [
      { event_type: 'abc', id: 'a', metadata: { path: 'secret/a' } },
      { event_type: 'def', id: 'b', metadata: { path: 'secret/a' } },
    ];
    const byType = await holder.publish('', events);
    expect(byType.status).toBe(403);
    expect(await errorsOf(byType)).toContain('[1]');
    const byPath = await holder.publish('abc', [on('secret/a'), on('secret/b'), on('other/a')]);
    expect(byPath.status).toBe(403);
    expect(await errorsOf(byPath)).toContain('[2]');
    const id = await root.published('abc', on('secret/a'));
    expect(await listener.nextId()).toBe(id);
  });

  it('is read as a whole before anybody asks whether it may be published', async () => {
    const holder = await aHolder(granting({ 'secret/*': 'update' }));
    const malformed = await holder.publish('abc', [{}, { id: 7 }]);
    expect(malformed.status).toBe(400);
    expect(await errorsOf(malformed)).toContain('[1]');
    expect((await holder.publish('abc', [])).status).toBe(400);
    expect((await holder.publish('abc', { event_type: 'def' })).status).toBe(400);
    expect((await holder.publish('abc')).status).toBe(403);
  });

  it('leaves no object behind', async () => {
    const holder = await aHolder(PUBLISHER);
    await holder.publish('abc');
    const before = await objects();
    for (let i = 0; i < 20; i++) await holder.publish(`type-${i}`, on('other/a'));
    expect(await objects()).toEqual(before);
  });
});

describe('the type in the URL', () => {
  it('is that of the event, or the request is refused', async () => {
    const holder = await aHolder(PUBLISHER);
    for (const body of [
      { event_type: 'def' },
      [{ event_type: 'abc' }, { event_type: 'def' }],
      { event_type: 'ABC' },
      { event_type: 'abc/' },
    ]) {
      const response = await holder.publish('abc', body);
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toContain('but the URL says "abc"');
    }
    expect((await holder.publish('abc', { event_type: 'abc' })).status).toBe(200);
  });
});

describe('the namespace of an event', () => {
  async function aPlace(): Promise<{ team: string; below: string; holder: Holder }> {
    const team = await root.makesNamespace();
    const below = await root.in(team).makesNamespace('below');
    const holder = await aHolder(
      granting({
        'sys/events/publish/*': 'update',
        'secret/*': 'update',
        'below/sys/events/publish/abc': 'update',
        'below/secret/*': 'update',
      }),
      {},
      team,
    );
    return { team, below, holder };
  }

  it('is that of the request, or one below it where the rights reach', async () => {
    const { team, below, holder } = await aPlace();
    const listeners = [await root.in(team).subscribe('abc'), await root.in(below).subscribe('abc')];
    const ids = [
      await holder.published('abc', on('secret/a')),
      await holder.published('abc', on('secret/a', { namespace: below })),
      await holder.published('abc', on('secret/a', { namespace: `${team}/` })),
      await holder.in(below).published('abc', on('secret/a')),
    ];
    expect([await listeners[0]?.nextId(), await listeners[0]?.nextId()]).toEqual([ids[0], ids[2]]);
    expect([await listeners[1]?.nextId(), await listeners[1]?.nextId()]).toEqual([ids[1], ids[3]]);
    expect((await holder.publish('def', on('secret/a', { namespace: below }))).status).toBe(403);
    expect((await holder.publish('abc', on('other/a', { namespace: below }))).status).toBe(403);
  });

  it('outside of that of the request is refused, with the index', async () => {
    const { team, holder } = await aPlace();
    const sibling = await root.makesNamespace();
    for (const client of [holder, root.in(team)]) {
      for (const namespace of [sibling, 'root', `${team}x`]) {
        const response = await client.publish('abc', [{}, { namespace }]);
        expect(response.status).toBe(403);
        expect(await errorsOf(response)).toContain('[1]: permission denied: namespace');
      }
    }
  });

  it('that does not exist, or cannot, is refused', async () => {
    for (const namespace of ['missing', 'missing/below', 'a//b', '..', 'sys', 7, {}]) {
      const response = await root.publish('abc', { namespace });
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toContain('amespace');
    }
  });

  it('is part of what the policy of the publisher may ask for', async () => {
    const holder = await aHolder(`path "sys/events/publish/*" {
      capabilities = ["update"]
      denied_parameters = { "source" = [] }
      allowed_parameters = { "metadata" = [], "note" = ["ok"] }
    }`);
    expect((await holder.publish('abc', { note: 'ok' })).status).toBe(200);
    expect((await holder.publish('abc', { note: 'no' })).status).toBe(403);
    expect((await holder.publish('abc', { source: '/a' })).status).toBe(403);
    expect((await holder.publish('abc', { id: 'x' })).status).toBe(403);
  });
});

it('who publishes is the same for all tokens of one entity, so that a repetition is one', async () => {
  await root.writes('sys/policies/acl/publisher', { policy: PUBLISHER });
  await root.writes('auth/approle/role/app', { token_policies: 'publisher' });
  const { data: role } = await root.reads('auth/approle/role/app/role-id');
  const logIn = async () => {
    const { data: secret } = await root.writes('auth/approle/role/app/secret-id');
    const { auth } = await root.writes('auth/approle/login', {
      ...role,
      secret_id: secret.secret_id,
    });
    return auth.client_token;
  };
  const { Client } = await import('./security-support.ts');
  const [first, second] = [new Client(await logIn()), new Client(await logIn())];
  await first.published('abc', { id: 'e1' });
  const { data } = await accepted(await second.publish('abc', { id: 'e1' }));
  expect(data).toMatchObject({ accepted: 0, duplicates: 1 });
});

describe('what a Worker remembers of a publisher', () => {
  it.each([
    [
      'its token was revoked',
      (holder: Holder) => root.writes('auth/token/revoke', { token: holder.token }),
    ],
    [
      'its policy was deleted',
      (holder: Holder) => root.removes(`sys/policies/acl/${holder.policy}`),
    ],
  ])('holds for seconds after %s', async (_what, end) => {
    const holder = await aHolder(PUBLISHER);
    await holder.published('abc');
    await end(holder);
    elapse(LOOKUP_CACHE_MS);
    expect((await holder.publish('abc')).status).toBe(403);
  });

  it('holds for nothing but publishing', async () => {
    const holder = await aHolder(
      granting({
        'sys/events/publish/*': 'update',
        'sys/events/subscribe/*': 'read',
        'sys/auth': 'read',
      }),
    );
    await holder.published('abc');
    await root.writes('auth/token/revoke', { token: holder.token });
    expect((await holder.get('sys/auth')).status).toBe(403);
    expect((await holder.handshake('abc')).status).toBe(403);
  });
});

describe('what a Worker remembers of a publisher', () => {
  it('refuses nobody: a right that was granted elsewhere counts at once', async () => {
    const holder = await aHolder(granting({ x: 'read' }));
    expect((await holder.publish('abc')).status).toBe(403);
    await authority().putPolicy(holder.policy, PUBLISHER);
    expect((await holder.publish('abc', on('secret/a'))).status).toBe(200);
    expect((await holder.publish('abc', on('other/a'))).status).toBe(403);
  });

  it('is forgotten with what is changed through it: a revocation, a policy', async () => {
    const [revoked, narrowed] = [await aHolder(PUBLISHER), await aHolder(PUBLISHER)];
    await revoked.published('abc', on('secret/a'));
    await narrowed.published('abc', on('secret/a'));
    await root.writes('auth/token/revoke', { token: revoked.token });
    expect((await revoked.publish('abc', on('secret/a'))).status).toBe(403);
    await root.writes(`sys/policies/acl/${narrowed.policy}`, { policy: granting({ x: 'read' }) });
    expect((await narrowed.publish('abc', on('secret/a'))).status).toBe(403);
  });

  it('does not outlive its time, where it was revoked elsewhere', async () => {
    const holder = await aHolder(PUBLISHER);
    await holder.published('abc', on('secret/a'));
    await authority().revokeToken({ accessor: holder.auth.accessor });
    elapse(LOOKUP_CACHE_MS);
    expect((await holder.publish('abc', on('secret/a'))).status).toBe(403);
  });
});

it('who has no right to a path does not learn whether there is anything', async () => {
  const holder = await aHolder(granting({ 'known/*': 'read' }));
  expect((await holder.get('no/such/thing')).status).toBe(403);
  expect((await holder.get('known/thing')).status).toBe(404);
  expect((await root.get('no/such/thing')).status).toBe(404);
});
