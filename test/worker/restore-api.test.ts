/**
 * Restores by `sys/events/hubs/{hub}/restore` and `sys/events/authority/restore`. Workerd has no point-in-time recovery, so a
 * test plays the platform: it changes what the object stores, which then starts again.
 */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { MIN_RESTORE_AGE_MS } from '../../src/objects/limits.ts';
import { recovery } from '../../src/objects/point-in-time.ts';
import { Hub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { putBack, stateOf } from './restore-support.ts';
import {
  aHolder,
  authority,
  closedPromptly,
  elapse,
  errorsOf,
  granting,
  hubOf,
  keyOf,
  LISTENER,
  losePushes,
  on,
  root,
  told,
} from './security-support.ts';
import { journalOf, subscribe, wildcardHubStub } from './support.ts';

/** A platform that has these states, by bookmark. The bookmark of a time is its number. */
function aPlatform(states: Readonly<Record<string, Awaited<ReturnType<typeof stateOf>>>> = {}) {
  vi.spyOn(recovery, 'now').mockImplementation(async () => `b${Date.now()}`);
  vi.spyOn(recovery, 'at').mockImplementation(async (_storage, time) => `b${time}`);
  return vi.spyOn(recovery, 'restoreAtNextStart').mockImplementation(async (storage, bookmark) => {
    const state = states[bookmark];
    if (state === undefined) throw new Error('no such bookmark');
    putBack(storage, state);
    return 'b-undo';
  });
}

describe('a restore of a hub', () => {
  it('brings back an earlier state under a new epoch, and tells how to undo it', async () => {
    await root.published('deploy/x', { id: 'a' });
    const subscriber = await subscribe('deploy/*');
    aPlatform({ b1: await stateOf(hubOf('deploy')) });
    await root.published('deploy/x', { id: 'b' });
    expect(await subscriber.nextId()).toBe('b');
    const epoch = () =>
      runInDurableObject(
        hubOf('deploy'),
        (_hub, { storage }) => storage.kv.get<{ epoch: string }>('journal_header')?.epoch,
      );
    const before = await epoch();
    const { data } = await root.writes('sys/events/hubs/deploy/restore', { bookmark: 'b1' });
    expect(data).toEqual({ bookmark: 'b1', undo_bookmark: 'b-undo' });
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1013 });
    expect(await epoch()).not.toBe(before);
    await root.published('deploy/x', { id: 'c' });
    expect((await journalOf(hubOf('deploy'))).map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('takes a time, and the wildcard hub', async () => {
    const time = Date.parse('2026-01-01T00:00:00Z');
    const live = await subscribe('*');
    await root.published('deploy/x', { id: 'a' });
    await live.next();
    aPlatform({ [`b${time}`]: await stateOf(wildcardHubStub()) });
    await root.writes('sys/events/hubs/*/restore', { time: '2026-01-01T00:00:00Z' });
    expect(await closedPromptly(live)).toMatchObject({ code: 1013 });
  });

  it('is refused for a state that is too young, and changes nothing', async () => {
    await root.published('deploy/x', { id: 'a' });
    const restored = aPlatform();
    const time = new Date(Date.now() - MIN_RESTORE_AGE_MS + 5000).toISOString();
    const refused = await root.post('sys/events/hubs/deploy/restore', { time });
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain('younger than 10 minutes');
    expect(restored).not.toHaveBeenCalled();
  });

  it('is not begun a second time, because that would undo nothing any more', async () => {
    await root.published('deploy/x', { id: 'a' });
    const begun = vi.spyOn(Hub.prototype, 'restore').mockImplementation(() => {
      throw Object.assign(new Error('moving'), { retryable: true });
    });
    expect((await root.post('sys/events/hubs/deploy/restore', { bookmark: 'b1' })).status).toBe(
      503,
    );
    expect(begun).toHaveBeenCalledTimes(1);
  });

  it.for([
    [{}, 'give either time or bookmark'],
    [{ time: '2026-01-01T00:00:00Z', bookmark: 'b1' }, 'give either time or bookmark'],
    [{ time: 'yesterday' }, 'time must be a time such as'],
    [{ time: 5 }, 'time must be a time such as'],
    [{ bookmark: 'a b' }, 'bookmark is no bookmark'],
    [{ bookmark: ['b1'] }, 'bookmark is no bookmark'],
  ] as const)('refuses %j', async ([body, message]) => {
    aPlatform();
    const refused = await root.post('sys/events/hubs/deploy/restore', body);
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(message);
  });

  it('says that this server has no recovery', async () => {
    await root.published('deploy/x', { id: 'a' });
    for (const path of ['hubs/deploy', 'authority']) {
      const refused = await root.post(`sys/events/${path}/restore`, {
        time: '2026-01-01T00:00:00Z',
      });
      expect(refused.status).toBe(400);
      expect(await errorsOf(refused)).toContain('start it with --restored');
      expect((await root.get(`sys/events/${path}/restore`)).status).toBe(400);
    }
  });

  it('needs sudo', async () => {
    const reader = await aHolder(granting({ 'sys/events/*': 'create read update delete list' }));
    for (const path of ['hubs/deploy', 'authority']) {
      expect((await reader.post(`sys/events/${path}/restore`, { bookmark: 'b1' })).status).toBe(
        403,
      );
      expect((await reader.get(`sys/events/${path}/restore`)).status).toBe(403);
    }
    expect((await reader.delete('sys/events/hubs')).status).toBe(403);
  });
});

describe('a restore of an authority', () => {
  it('ends every token first, and every token that comes back', async () => {
    const before = await aHolder(LISTENER);
    aPlatform({ b1: await stateOf(authority()) });
    const after = await aHolder(LISTENER);
    const subscriber = await after.subscribe('abc');
    await root.writes('sys/events/authority/restore', { bookmark: 'b1' });
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
    elapse(10_000);
    for (const holder of [before, after]) {
      expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
    }
    expect((await root.list('sys/policies/acl')).status).toBe(200);
  });

  it('keeps the namespaces that there are', async () => {
    aPlatform({ b1: await stateOf(authority()) });
    const made = await root.makesNamespace();
    await root.writes('sys/events/authority/restore', { bookmark: 'b1' });
    expect((await root.get(`sys/namespaces/${made}`)).status).toBe(200);
  });

  it('keeps the quota that the namespace above has given', async ({ team }) => {
    const key = await keyOf(team);
    aPlatform({ b1: await stateOf(authority(key)) });
    await root.writes(`sys/events/quotas/${team}`, { sources: 1 });
    await root.in(team).writes('sys/events/authority/restore', { bookmark: 'b1' });
    const { data } = await root.reads(`sys/events/quotas/${team}`);
    expect(data).toMatchObject({ sources: 1 });
  });

  it('keeps the count of what is used of it', async ({ team }) => {
    const key = await keyOf(team);
    await root.writes(`sys/events/quotas/${team}`, { subscribers: 2 });
    await told(key);
    aPlatform({ b1: await stateOf(authority(key)) });
    const live = [await root.in(team).subscribe('abc'), await root.in(team).subscribe('*')];
    await root.in(team).writes('sys/events/authority/restore', { bookmark: 'b1' });
    expect((await root.in(team).handshake('def')).status).toBe(429);
    for (const { socket } of live) socket.close();
    await vi.waitFor(async () => {
      elapse(5000);
      expect((await root.in(team).handshake('def')).status).toBe(101);
    }, 10_000);
  });

  it('does not begin while a hub cannot be told', async () => {
    const holder = await aHolder(LISTENER);
    await holder.subscribe('abc');
    const restored = aPlatform();
    losePushes(Number.POSITIVE_INFINITY);
    const logged = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const refused = await root.post('sys/events/authority/restore', { bookmark: 'b1' });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).not.toBeNull();
    expect(logged.mock.calls.flat().join('\n')).toContain('"authority_restore_failed"');
    expect(await errorsOf(refused)).toContain('1 other objects could not be told yet');
    expect(restored).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

describe('DELETE sys/events/hubs', () => {
  it('deletes the events of the root namespace, and closes its subscribers', async ({ holder }) => {
    const subscribers = [
      await subscribe('deploy/*'),
      await subscribe('*'),
      await holder.subscribe('*'),
    ];
    await root.published('deploy/x', { id: 'a' });
    await root.published('other/x', { id: 'b' });
    await root.removes('sys/events/hubs');
    for (const each of subscribers) {
      expect(await closedPromptly(each)).toMatchObject({ code: 1013 });
    }
    expect((await root.list('sys/events/hubs')).status).toBe(404);
    const again = await subscribe('*', 'json=true&since=earliest');
    await root.published('deploy/x', { id: 'a' });
    expect(await again.nextId()).toBe('a');
    expect((await holder.get('auth/token/lookup-self')).status).toBe(200);
    expect((await journalOf(wildcardHubStub())).map(({ id }) => id)).toEqual(['a']);
  });

  it('is refused below root', async ({ team }) => {
    await root.in(team).published('deploy/x', on('a'));
    const refused = await root.in(team).delete('sys/events/hubs');
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain('delete this namespace instead');
  });
});
