/** A hub that moves while it has shards: their subscribers stay, nothing is lost, and nothing comes twice. */
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { Hub } from '../../../src/hub/hub.ts';
import { it } from '../fixtures.ts';
import { aHolder, aName, closedPromptly, LISTENER, on, root } from '../security-support.ts';
import type { Subscriber } from '../support.ts';
import {
  giveShards,
  handshakeFrom,
  hubOfPattern,
  REGION,
  replica,
  replicasOf,
  sleepAll,
  subscribeAt,
  subscribeFrom,
} from './shard-support.ts';
import { hearsNext } from './support.ts';

const EVENT = on('secret/a');

/** A hub with an event, and subscribers at the head and at both shards of a region. */
async function aShardedHub() {
  const type = aName('moving');
  const hub = hubOfPattern(type);
  const before = await root.published(type, EVENT);
  await giveShards(hub, 1);
  const subscribers = [await subscribeFrom(REGION, root, type)];
  await giveShards(hub, 2);
  for (const name of replicasOf(hub, 2)) subscribers.push(await subscribeAt(name, type));
  const replicas = [...replicasOf(hub, 1), ...replicasOf(hub, 2)];
  return { type, before, replicas, subscribers };
}

/** What the operator deploys when the hub is at the new place. */
async function moves(type: string): Promise<void> {
  const { data } = await root.writes(`sys/events/hubs/${type}/move`, { place: 2 });
  expect(data).toMatchObject({ done: true });
  Object.assign(env, { MOVED_HUBS: data.moved_hubs });
}

async function expectAll(subscribers: readonly Subscriber[], ids: readonly string[]) {
  for (const subscriber of subscribers) {
    expect(await hearsNext(subscriber, ids.length)).toEqual(ids);
    expect(subscriber.waiting).toBe(0);
  }
}

describe('a hub with shards that moves', () => {
  it.each(['awake', 'asleep'])(
    'feeds subscribers of replicas that are %s from its new place, each event once',
    async (state) => {
      const { type, replicas, subscribers } = await aShardedHub();
      const ids = [await root.published(type, EVENT)];
      await expectAll(subscribers, ids);
      await moves(type);
      if (state === 'asleep') await sleepAll(replicas);
      const later: string[] = [];
      for (let i = 0; i < 5; i++) later.push(await root.published(type, EVENT));
      await root.writes(`sys/events/hubs/${type}/move`, { finish: true });
      later.push(await root.published(type, EVENT));
      await expectAll(subscribers, later);
      for (const name of replicas) expect(await replica(name).countSubscribers()).toBe(1);
    },
  );

  it('refuses publishers and new stock clients during the copy, and then delivers to all', async () => {
    const { type, subscribers } = await aShardedHub();
    const holder = await aHolder(LISTENER);
    const page = Hub.prototype.movePage;
    const refused: number[] = [];
    const copy = vi.spyOn(Hub.prototype, 'movePage').mockImplementation(async function (
      this: Hub,
      after: number,
    ) {
      refused.push((await root.publish(type, EVENT)).status);
      // Only the hub may know what a client has missed that had no shard before.
      refused.push((await handshakeFrom(REGION, holder, type)).status);
      return page.call(this, after);
    });
    await moves(type);
    copy.mockRestore();
    expect(refused).toEqual([503, 503]);
    const late = await subscribeFrom(REGION, holder, type);
    const id = await root.published(type, EVENT);
    await expectAll([...subscribers, late], [id]);
  });

  it('lets a stock client that returns to a shard, and one that names an id, go on where they were', async () => {
    const { type, before, subscribers } = await aShardedHub();
    const id = await root.published(type, EVENT);
    await expectAll(subscribers, [id]);
    await moves(type);
    const next = await root.published(type, EVENT);
    await expectAll(subscribers, [next]);
    // One with the same token at the same shard still seems open: it may be the one that returns.
    const returned = await subscribeFrom(REGION, root, type);
    const named = await subscribeFrom(REGION, root, type, `json=true&since=${before}`);
    await expectAll([returned, named], [id, next]);
  });

  it('goes on at its old place when the move is cancelled', async () => {
    const { type, subscribers } = await aShardedHub();
    await root.writes(`sys/events/hubs/${type}/move`, { place: 2 });
    await root.removes(`sys/events/hubs/${type}/move`);
    for (const each of subscribers)
      expect(await closedPromptly(each)).toMatchObject({ code: 1013 });
    const again = await subscribeFrom(REGION, await aHolder(LISTENER), type);
    await expectAll([again], [await root.published(type, EVENT)]);
  });
});
