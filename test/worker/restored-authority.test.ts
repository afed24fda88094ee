/** An authority that was restored to an earlier state: no token of before it is valid again, here or at a hub. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { authorityRestoration, hubRestoration } from '../../src/objects/names.ts';
import { Restoration } from '../../src/restoration/restoration.ts';
import { it } from './fixtures.ts';
import { goBack, restore, stateOf } from './restore-support.ts';
import {
  accepted,
  aHolder,
  authority,
  closedPromptly,
  elapse,
  granting,
  hubOf,
  keyOf,
  LISTENER,
  losePushes,
  on,
  root,
  sql,
  told,
} from './security-support.ts';

const AUTHORITY = authorityRestoration('');

describe('an authority that was restored', () => {
  it('has ended its tokens, also one that was revoked since, and those made since', async () => {
    const kept = await aHolder(LISTENER);
    const revoked = await aHolder(LISTENER);
    const state = await stateOf(authority());
    await root.writes('auth/token/revoke-accessor', { accessor: revoked.auth.accessor });
    const later = await aHolder(LISTENER);
    await restore(authority(), AUTHORITY, state);
    elapse(10_000);
    for (const holder of [kept, revoked, later]) {
      expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
    }
    const again = await aHolder(LISTENER);
    expect((await again.get('auth/token/lookup-self')).status).toBe(200);
  });

  it('gives no number of a token, a policy or a notice a second time', async () => {
    const numbers = async () => {
      const names = ['tokens', 'policies', 'notices'];
      const rows = await sql<{ name: string; seq: number }>(
        authority(),
        'SELECT name, seq FROM sqlite_sequence',
      );
      return names.map((name) => rows.find((row) => row.name === name)?.seq ?? 0);
    };
    const state = await stateOf(authority());
    const { policy } = await aHolder(LISTENER);
    await aHolder(LISTENER);
    await root.writes(`sys/policies/acl/${policy}`, { policy: granting({ 'a/*': 'read' }) });
    const before = await numbers();
    await restore(authority(), AUTHORITY, state);
    const after = await numbers();
    expect(after.every((each, i) => each > (before[i] ?? 0))).toBe(true);
  });

  it.for(['abc', '*'])('a subscription to %s ends that it was not told of', async (pattern) => {
    const state = await stateOf(authority());
    const holder = await aHolder(LISTENER);
    const subscriber = await holder.subscribe(pattern);
    await restore(authority(), AUTHORITY, state);
    elapse(61_000);
    await root.published('abc', on('secret/a'));
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
    expect(subscriber.waiting).toBe(0);
  });

  it('a subscription ends at once that it knows of', async ({ holder }) => {
    const subscriber = await holder.subscribe('abc');
    const state = await stateOf(authority());
    await restore(authority(), AUTHORITY, state);
    await root.get('sys/policies/acl');
    await runDurableObjectAlarm(authority());
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
    await told();
  });

  it('a new token is not taken for an old one by a hub that no push has reached', async () => {
    const state = await stateOf(authority());
    const holder = await aHolder(LISTENER);
    const old = await holder.subscribe('abc');
    losePushes(Number.POSITIVE_INFINITY);
    await restore(authority(), AUTHORITY, state);
    const other = await aHolder(LISTENER);
    const present = await other.subscribe('abc');
    expect(await closedPromptly(old)).toMatchObject({ code: 1000 });
    await root.published('abc', on('secret/a', { id: 'a' }));
    expect(await present.nextId()).toBe('a');
    vi.restoreAllMocks();
  });

  it('tokens end that its tokens have made in namespaces below', async ({ team }) => {
    const key = await keyOf(team);
    const everything = 'create read update delete list sudo';
    const above = await aHolder(granting({ '*': everything, '+/*': everything }));
    const made = await above.in(team).makes({ policies: ['default'] });
    const state = await stateOf(authority());
    await restore(authority(), AUTHORITY, state);
    await root.get('sys/policies/acl');
    await runDurableObjectAlarm(authority());
    await told();
    const rows = await sql(
      authority(key),
      'SELECT id FROM tokens WHERE accessor = ?',
      made.accessor,
    );
    expect(rows).toEqual([]);
  });

  it('keeps the namespaces below as they are', async () => {
    const gone = await root.makesNamespace();
    const state = await stateOf(authority());
    await root.removes(`sys/namespaces/${gone}`);
    const made = await root.makesNamespace();
    await told();
    const kept = JSON.stringify({ children: await authority().children(), hubs: [] });
    await restore(authority(), AUTHORITY, state, kept);
    const { data } = await accepted(await root.list('sys/namespaces'));
    expect(data.keys).toContain(`${made}/`);
    expect(data.keys).not.toContain(`${gone}/`);
  });

  it('that has stored nothing tells hubs of revocations, and keeps its namespaces', async () => {
    const made = await root.makesNamespace();
    const kept = JSON.stringify({ children: await authority().children(), hubs: [] });
    const old = await aHolder(LISTENER);
    const stale = await old.subscribe('abc');
    for (let i = 0; i < 5; i++) {
      const each = await aHolder(LISTENER);
      const subscriber = await each.subscribe('abc');
      await root.writes('auth/token/revoke-accessor', { accessor: each.auth.accessor });
      expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
    }
    await told();
    await env.RESTORATION.getByName(AUTHORITY).begin('1', kept);
    await runInDurableObject(authority(), (_object, { storage }) => storage.deleteAll());
    await evictDurableObject(authority());
    elapse(10_000);
    expect((await old.get('auth/token/lookup-self')).status).toBe(403);
    const present = await aHolder(LISTENER);
    const subscriber = await present.subscribe('abc');
    expect(await closedPromptly(stale)).toMatchObject({ code: 1000 });
    expect((await root.get(`sys/namespaces/${made}`)).status).toBe(200);
    await root.writes('auth/token/revoke-accessor', { accessor: present.auth.accessor });
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
  });

  it('serves nobody while it cannot find out', async ({ holder }) => {
    const state = await stateOf(authority());
    const record = vi.spyOn(Restoration.prototype, 'record').mockImplementation(() => {
      throw new Error('out of reach');
    });
    await goBack(authority(), state);
    elapse(10_000);
    const refused = await holder.get('auth/token/lookup-self');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).not.toBeNull();
    record.mockRestore();
    expect((await holder.get('auth/token/lookup-self')).status).toBe(200);
  });
});

it('a hub and the authority of its subscribers are restored together', async ({ holder }) => {
  const subscriber = await holder.subscribe('abc');
  await root.published('abc', on('secret/a', { id: 'a' }));
  const states = [await stateOf(hubOf('abc')), await stateOf(authority())] as const;
  await restore(hubOf('abc'), hubRestoration('/abc'), states[0]);
  await restore(authority(), AUTHORITY, states[1]);
  await root.published('abc', on('secret/a', { id: 'b' }));
  expect(await closedPromptly(subscriber)).toMatchObject({ code: 1013 });
  expect((await holder.handshake('abc')).status).toBe(403);
  const generation = await runInDurableObject(hubOf('abc'), (_hub, { storage }) =>
    storage.kv.get('generation'),
  );
  expect(generation).toMatchObject({ taken: 1 });
});
