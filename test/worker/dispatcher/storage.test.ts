/** What a dispatcher does whose storage it cannot read, or has lost. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { Authority } from '../../../src/authority/authority.ts';
import { ok } from '../../../src/lib/result.ts';
import { VERSION_KEY } from '../../../src/objects/migrations.ts';
import { callDispatcher } from '../../../src/objects/stubs.ts';
import { it } from '../fixtures.ts';
import { keyOf } from '../security-support.ts';
import {
  callsOf,
  destinationsAnswer,
  dispatcher,
  failureOf,
  hubsAnswer,
  writing,
} from './support.ts';

it('says so if a newer release wrote it, and wakes nobody', async () => {
  hubsAnswer({});
  const calls = destinationsAnswer();
  await dispatcher().put('cache', writing('abc/*'));
  await runInDurableObject(dispatcher(), (_, { storage }) => storage.kv.put(VERSION_KEY, 99));
  await evictDurableObject(dispatcher());
  const message = 'the storage of the dispatcher of the root namespace has schema version 99, ';
  expect(await failureOf(dispatcher().names())).toContain(message);
  const notice = { hub: '/abc', types: ['abc/x'], dispatchers: [''] };
  expect(await failureOf(dispatcher().notify(notice))).toContain(message);
  expect(callsOf(calls, 'wake')).toEqual([]);
});

it('announces with a higher version than before if it has lost what it stored', async () => {
  hubsAnswer({});
  destinationsAnswer();
  await dispatcher().put('cache', writing('abc/*'));
  const { version } = await dispatcher().announcement();
  await runInDurableObject(dispatcher(), (_, { storage }) => storage.deleteAll());
  await evictDurableObject(dispatcher());
  expect(await dispatcher().announcement()).toEqual({ version: 0, interest: [] });
  expect(await dispatcher().names()).toEqual([]);
  // A millisecond, so that the clock has moved.
  await scheduler.wait(1);
  expect(await dispatcher().put('cache', writing('abc/*'))).toEqual(ok(undefined));
  expect((await dispatcher().announcement()).version).toBeGreaterThan(version);
});

it('names the authority if it is the storage of that which fails', async ({ team }) => {
  const key = await keyOf(team);
  destinationsAnswer();
  vi.spyOn(Authority.prototype, 'exists').mockImplementation(() => {
    throw new Error('database disk image is malformed: SQLITE_CORRUPT');
  });
  const message = await failureOf(
    callDispatcher(env, key, (stub) => stub.put('cache', writing('abc/*'))),
  );
  expect(message).toContain(`the storage of the authority of namespace ${team} cannot be read`);
});
