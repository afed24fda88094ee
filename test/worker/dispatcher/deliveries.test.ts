/** From a write to the receiver: real hubs, dispatchers and destinations. Only the receiver is the test's. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import type { Outcome, OutgoingBatch } from '../../../src/destination/outgoing.ts';
import { ok } from '../../../src/lib/result.ts';
import { destinationName } from '../../../src/objects/names.ts';
import { TargetOpener } from '../../../src/push/delivery/target-opener.ts';
import { it } from '../fixtures.ts';
import { authority, keyOf, root, sql, told } from '../security-support.ts';
import { dispatcher, ring, writing } from './support.ts';

const BUSY = { timeout: 20_000 };

/** @returns the ids of the events that arrive, each after the name of its destination */
function received(answer: () => Outcome = () => ({ result: 'delivered', answer: '' })): string[] {
  const ids: string[] = [];
  vi.spyOn(TargetOpener.prototype, 'open').mockImplementation(async () => {
    const send = async ({ destination, events }: OutgoingBatch) => {
      const outcome = answer();
      if (outcome.result === 'delivered') {
        ids.push(...events.map(({ event }) => `${destination} ${event.id}`));
      }
      return outcome;
    };
    return ok({ target: { send }, secrets: [] });
  });
  return ids;
}

async function seesAll(key = ''): Promise<void> {
  const policy =
    'path "*" { capabilities = ["read", "list", "subscribe"] subscribe_event_types = ["*"] }';
  await authority(key).putPolicy('p', policy);
}

const about = (id: string) => ({ id, metadata: { path: 'secret/app' } });

it('a new destination is delivered what comes after it was written, in order, and no other', async () => {
  await seesAll();
  const ids = received();
  await root.published('abc/x', about('before'));
  expect(await dispatcher().put('cache', writing('abc/*'))).toEqual(ok(undefined));
  for (let index = 0; index < 5; index++) {
    await root.published('abc/x', about(`e${index}`));
    await root.published('def/x', about(`other${index}`));
  }
  await vi.waitFor(() => {
    expect(ids).toEqual([0, 1, 2, 3, 4].map((index) => `cache e${index}`));
  }, BUSY);
});

it('destinations above are delivered what hubs below have', async ({ team }) => {
  const key = await keyOf(team);
  await seesAll();
  await seesAll(key);
  const ids = received();
  await dispatcher().put('above', writing('abc/*', { namespaces: ['', '*'] }));
  await dispatcher(key).put('below', writing('abc/*', { namespaces: [team] }));
  await root.published('abc/x', about('e1'));
  await root.in(team).published('abc/x', about('e2'));
  await vi.waitFor(() => {
    expect([...ids].sort()).toEqual(['above e1', 'above e2', 'below e2']);
  }, BUSY);
});

it('a destination that was paused is delivered everything after it is resumed', async () => {
  await seesAll();
  const ids = received();
  await dispatcher().put('cache', writing('*'));
  await dispatcher().command('cache', { kind: 'pause' });
  for (const type of ['abc/x', 'def/x']) await root.published(type, about(`e ${type}`));
  expect(await dispatcher().command('cache', { kind: 'resume' })).toEqual(ok({}));
  await root.published('ghi/x', about('e ghi'));
  await vi.waitFor(() => expect(new Set(ids).size).toBe(3), BUSY);
});

it('a pattern that gets wider delivers only what comes afterwards of other hubs', async () => {
  await seesAll();
  const ids = received();
  await dispatcher().put('cache', writing('abc/*'));
  await root.published('def/x', about('before'));
  await dispatcher().put('cache', writing('*'));
  await root.published('def/x', about('after'));
  await root.published('abc/x', about('own'));
  await vi.waitFor(() => expect([...ids].sort()).toEqual(['cache after', 'cache own']), BUSY);
});

it('a pattern whose write was cut off delivers nothing of before when it is written again', async () => {
  await seesAll();
  const ids = received();
  await dispatcher().put('cache', writing('abc/*'));
  const needs = [
    { wanted: { pattern: '*', namespaces: [''] } },
    { wanted: { pattern: 'abc/*', namespaces: [''] } },
  ];
  await sql(dispatcher(), `UPDATE destinations SET needs = '${JSON.stringify(needs)}'`);
  await evictDurableObject(dispatcher());
  await root.published('def/x', about('before'));
  await dispatcher().notify({ hub: '/def', types: ['def/x'], dispatchers: [''] });
  await dispatcher().put('cache', writing('*'));
  await root.published('def/x', about('after'));
  await root.published('abc/x', about('own'));
  await vi.waitFor(() => expect([...ids].sort()).toEqual(['cache after', 'cache own']), BUSY);
});

it('a deleted destination is delivered nothing, and one of the same name begins without its past', async () => {
  await seesAll();
  const ids = received();
  await dispatcher().put('cache', writing('abc/*'));
  await root.published('abc/x', about('e1'));
  await vi.waitFor(() => expect(ids).toEqual(['cache e1']), BUSY);
  expect(await dispatcher().delete('cache')).toEqual(ok(true));
  await root.published('abc/x', about('e2'));
  await dispatcher().put('cache', writing('abc/*'));
  await root.published('abc/x', about('e3'));
  await vi.waitFor(() => expect(ids).toEqual(['cache e1', 'cache e3']), BUSY);
});

it('a deleted namespace leaves nothing of a destination that could not deliver', async ({
  team,
}) => {
  const key = await keyOf(team);
  await seesAll(key);
  let attempts = 0;
  received(() => {
    attempts++;
    return { result: 'failed', answer: 'no' };
  });
  await dispatcher(key).put('cache', writing('abc/*', { namespaces: [team] }));
  await root.in(team).published('abc/x', about('e1'));
  await vi.waitFor(() => expect(attempts).toBeGreaterThan(0), BUSY);
  await root.removes(`sys/namespaces/${team}`);
  await told();
  const destination = env.DESTINATION.getByName(destinationName(key, 'cache'));
  expect(await destination.describe()).toBeUndefined();
  const stored = await runInDurableObject(destination, async (_, { storage }) => [
    ...(await storage.list()).keys(),
    await storage.getAlarm(),
  ]);
  expect(stored).toEqual([null]);
  expect(
    await sql(destination, "SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf*'"),
  ).toEqual([]);
  await ring(key);
  expect(await destination.describe()).toBeUndefined();
});
