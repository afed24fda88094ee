/** What is left of a namespace that was deleted, and of one that never was. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { eventBatch } from '../../src/event/event-batch.ts';
import { workerCaches } from '../../src/http/worker-caches.ts';
import { LOOKUP_CACHE_MS } from '../../src/objects/limits.ts';
import { hubName, wildcardHubName } from '../../src/objects/names.ts';
import { digestOf } from '../../src/token/token-form.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  aName,
  authority,
  closedPromptly,
  elapse,
  granting,
  hubOf,
  keyOf,
  LISTENER,
  objects,
  on,
  root,
  sql,
  told,
} from './security-support.ts';
import { Subscriber } from './support.ts';

describe('a deleted namespace', () => {
  it('that is made again has nothing of what it had', async ({ team }) => {
    const inTeam = root.in(team);
    const holder = await aHolder(LISTENER, {}, team);
    await inTeam.writes('auth/approle/role/app', { token_policies: ['p'] });
    await inTeam.writes('auth/jwt/role/app', { user_claim: 'sub', bound_audiences: ['x'] });
    const { data: roleId } = await inTeam.reads('auth/approle/role/app/role-id');
    const { data: secretId } = await inTeam.writes('auth/approle/role/app/secret-id');
    await inTeam.published('abc', { id: 'e1' });
    await root.removes(`sys/namespaces/${team}`);
    await told();
    expect((await inTeam.get('sys/policies/acl/default')).status).toBe(404);

    await root.makesNamespace(team);
    elapse(10_000);
    expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
    expect((await inTeam.get(`sys/policies/acl/${holder.policy}`)).status).toBe(404);
    expect((await inTeam.list('auth/approle/role')).status).toBe(404);
    expect((await inTeam.list('auth/jwt/role')).status).toBe(404);
    expect((await inTeam.list('auth/token/accessors')).status).toBe(404);
    const login = await inTeam.post('auth/approle/login', {
      role_id: roleId.role_id,
      secret_id: secretId.secret_id,
    });
    expect(login.status).toBe(400);
    // An event of the same id is new there.
    const { data } = await accepted(await inTeam.publish('abc', { id: 'e1' }));
    expect(data.accepted).toBe(1);
  });

  it('has emptied itself and its hubs, and left the registries above', async ({ team }) => {
    const key = await keyOf(team);
    await root.in(team).published('abc', on('secret/a'));
    await root.in(team).subscribe('*');
    await root.removes(`sys/namespaces/${team}`);
    await told();
    const tables =
      "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'";
    for (const stub of [authority(key), hubOf('abc', key), hubOf('*', key)]) {
      expect(await sql(stub, tables)).toEqual([]);
    }
    expect(await env.WILDCARD_HUB.getByName(wildcardHubName('')).hubs()).toEqual([]);
  });

  it('takes no event, no subscriber and no token from those who still know its name', async ({
    team,
  }) => {
    const holder = await aHolder(granting({ 'sys/events/publish/*': 'update' }), {}, team);
    await holder.published('abc');
    await holder.published('def');
    await root.removes(`sys/namespaces/${team}`);
    await told();
    // The Worker remembers the token and the namespace for some seconds.
    for (const type of ['abc', 'new']) {
      expect((await holder.publish(type)).status).toBeGreaterThanOrEqual(400);
      expect((await root.in(team).publish(type)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await root.in(team).handshake('abc')).status).toBe(404);
    expect((await root.in(team).post('auth/token/create')).status).toBe(404);
  });

  it('takes nothing new from its end on, though it is not emptied yet', async ({ team }) => {
    const key = await keyOf(team);
    const holder = await aHolder(LISTENER, {}, team);
    vi.spyOn(Authority.prototype, 'wipe').mockImplementation(() => {
      throw new Error('the authority is down');
    });
    await root.removes(`sys/namespaces/${team}`);
    // So a Worker comes that has not heard of it.
    const digest = await digestOf(holder.token ?? '');
    await runInDurableObject(authority(key), async (object) => {
      expect(object.exists()).toBe(false);
      expect(() => object.lookupToken(digest, 'request')).toThrow('was deleted');
      expect(() => object.watch([digest], '/abc', 'any')).toThrow('was deleted');
      expect(() => object.putPolicy('p', LISTENER)).toThrow('was deleted');
      await expect(object.createChild('below')).rejects.toThrow('was deleted');
    });
    await runInDurableObject(env.HUB.getByName(hubName(key, 'new')), async (hub) => {
      const events = eventBatch([{ key: 'a\np\n\nnew\ns', json: '{}' }]);
      await expect(hub.publishAll([{ owner: 'root', events }])).rejects.toThrow('was deleted');
    });
  });

  it('is not found by a Worker that knew it and has not deleted it', async ({ team }) => {
    const holder = await aHolder(LISTENER, {}, team);
    await root.in(team).published('abc');
    await authority().deleteChild(team);
    expect((await root.in(team).handshake('abc')).status).toBe(404);
    expect((await root.in(team).get('sys/policies/acl/default')).status).toBe(404);
    expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
    expect((await root.in(team).publish('abc')).status).toBe(404);
  });

  it('takes nothing from a Worker that has cached its id, also when it is made again', async ({
    team,
  }) => {
    const key = await keyOf(team);
    const holder = await aHolder(LISTENER, {}, team);
    const inTeam = root.in(team);
    await inTeam.published('abc');
    await inTeam.subscribe('*');
    for (const send of [
      () => inTeam.publish('abc'),
      () => inTeam.publish('new'),
      () => inTeam.handshake('abc'),
      () => inTeam.handshake('*'),
    ]) {
      await root.writes(`sys/namespaces/${team}`);
      await inTeam.published('abc');
      const cached = workerCaches.namespaceKeys.get(team, Date.now()) ?? '';
      await authority().deleteChild(team);
      await told();
      for (const hub of [hubOf('abc', cached), hubOf('*', cached)]) await evictDurableObject(hub);
      expect((await send()).status).toBe(404);
      expect(workerCaches.namespaceKeys.get(team, Date.now())).toBeUndefined();
      expect((await holder.handshake('abc')).status).toBe(403);
      for (const hub of [hubOf('abc', cached), hubOf('*', cached)]) {
        expect((await hub.state()).state).toBe('empty');
      }
    }
    expect(await keyOf(await root.makesNamespace(team))).not.toBe(key);
    await inTeam.published('abc');
  });

  it('refuses cleanly what is published while it is deleted', async ({ team }) => {
    const inTeam = root.in(team);
    await inTeam.published('abc');
    const failures = vi.spyOn(console, 'error');
    const statuses = new Set<number>();
    let deleting = true;
    const publishers = Array.from({ length: 4 }, async () => {
      while (deleting) statuses.add((await inTeam.publish('abc')).status);
    });
    try {
      for (let i = 0; i < 5; i++) {
        await authority().deleteChild(team);
        await root.makesNamespace(team);
      }
    } finally {
      deleting = false;
    }
    await Promise.all(publishers);
    expect([...statuses].filter((status) => status !== 200 && status !== 404)).toEqual([]);
    expect(JSON.stringify(failures.mock.calls)).not.toContain('no such table');
  });

  it('is emptied by a later attempt where the first one fails on the way', async ({ team }) => {
    const key = await keyOf(team);
    const subscriber = await root.in(team).subscribe('abc');
    await root.in(team).subscribe('*');
    const real = Authority.prototype.wipe;
    let wipes = 0;
    vi.spyOn(Authority.prototype, 'wipe').mockImplementation(async function (this: Authority) {
      wipes++;
      if (wipes === 1) throw new Error('the authority is down');
      await real.call(this);
      // The answer is lost, not the deed.
      if (wipes === 2) throw new Error('the authority went away');
    });
    await root.removes(`sys/namespaces/${team}`);
    await vi.waitFor(() => expect(wipes).toBe(1));
    expect((await root.in(team).handshake('abc')).status).toBe(404);
    await vi.waitFor(async () => {
      await sql(authority(), 'UPDATE jobs SET due_at = 0');
      await runDurableObjectAlarm(authority());
      expect(await sql(authority(), 'SELECT kind, target FROM jobs')).toEqual([]);
    }, 5000);
    expect(wipes).toBeGreaterThanOrEqual(3);
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
    expect(
      await sql(authority(key), "SELECT name FROM sqlite_master WHERE name = 'tokens'"),
    ).toEqual([]);
  });

  it('takes the children of tokens of other namespaces with it, and these forget them', async ({
    team,
  }) => {
    const parent = await aHolder(granting({ [`${team}/auth/token/create`]: 'create update sudo' }));
    const child = await parent.in(team).makes({ policies: ['default'], ttl: '1h' });
    expect(child.orphan).toBe(false);
    await root.removes(`sys/namespaces/${team}`);
    await told();
    await parent.writes('auth/token/revoke-self');
    await told();
  });
});

it('whoever comes while a namespace is deleted and made again is refused, closed, or of the new one', async ({
  team,
}) => {
  const subscribers: Subscriber[] = [];
  const statuses = new Set<number>();
  let deleting = true;
  const visitors = ['abc', '*', 'abc', '*'].map(async (pattern) => {
    while (deleting) {
      const response = await root.in(team).handshake(pattern);
      statuses.add(response.status);
      if (response.webSocket !== null) subscribers.push(new Subscriber(response.webSocket));
      statuses.add((await root.in(team).publish('abc', on('secret/old'))).status);
    }
  });
  for (let i = 0; i < 5; i++) {
    await root.removes(`sys/namespaces/${team}`);
    await root.makesNamespace(team);
  }
  deleting = false;
  await Promise.all(visitors);
  await told();
  elapse(LOOKUP_CACHE_MS);
  const id = await root.in(team).published('abc', on('secret/a'));
  const ends = await Promise.all(
    subscribers.map(async (subscriber) => {
      for (;;) {
        const end = await Promise.race([
          subscriber.nextId(),
          subscriber.closed,
          scheduler.wait(1000).then(() => 'forgotten'),
        ]);
        if (end === id || typeof end === 'object' || end === 'forgotten') return end;
      }
    }),
  );
  expect(ends).not.toContain('forgotten');
  expect(statuses).not.toContain(500);
});

it('a namespace that does not exist leaves no object behind, whoever asks for it', async () => {
  await root.get('sys/policies/acl/default');
  const before = await objects();
  const missing = root.in(aName('missing'));
  await missing.publish('abc');
  await missing.handshake('abc');
  await missing.post('auth/approle/login', { role_id: 'a', secret_id: 'b' });
  await root.publish('abc', { namespace: aName('missing') });
  expect(await objects()).toEqual(before);
});
