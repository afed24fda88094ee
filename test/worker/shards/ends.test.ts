/** What becomes of region heads and shards when their hub ends, begins again or is restored. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { StorageHealth } from '../../../src/hub/storage-health.ts';
import { recovery } from '../../../src/objects/point-in-time.ts';
import { Shard } from '../../../src/worker.ts';
import { it } from '../fixtures.ts';
import { putBack, stateOf } from '../restore-support.ts';
import {
  aName,
  type Client,
  closedPromptly,
  hubOf,
  keyOf,
  on,
  root,
  told,
} from '../security-support.ts';
import type { Subscriber } from '../support.ts';
import {
  giveShards,
  hubOfPattern,
  REGION,
  replica,
  replicasOf,
  storedAt,
  subscribeAt,
  subscribeFrom,
} from './shard-support.ts';

const SHARDS = 3;

/** All replicas of a region: its head, and its shards. */
function regionOf(hub: string): string[] {
  return [...replicasOf(hub, 1), ...replicasOf(hub, SHARDS)];
}

/** Subscribers at the hub, at the head of a region and at each of its shards. */
async function subscribersEverywhere(
  client: Client,
  pattern: string,
  key = '',
): Promise<Subscriber[]> {
  const hub = hubOfPattern(pattern, key);
  const subscribers = [await client.subscribe(pattern)];
  await giveShards(hub, 1);
  subscribers.push(await subscribeFrom(REGION, client, pattern));
  await giveShards(hub, SHARDS);
  for (const name of replicasOf(hub, SHARDS)) {
    subscribers.push(await subscribeAt(name, pattern, client.namespace));
  }
  return subscribers;
}

async function hearAll(subscribers: readonly Subscriber[], id: string): Promise<void> {
  for (const subscriber of subscribers) expect(await subscriber.nextId()).toBe(id);
}

describe('the deletion of a Vault namespace', () => {
  it('closes the subscribers at all shards, and leaves no shard behind', async () => {
    const team = await root.makesNamespace();
    const key = await keyOf(team);
    const inTeam = root.in(team);
    const type = aName('ends');
    await inTeam.published(type, on('a'));
    const subscribers = [
      ...(await subscribersEverywhere(inTeam, type, key)),
      ...(await subscribersEverywhere(inTeam, '*', key)),
    ];
    await hearAll(subscribers, await inTeam.published(type, on('a')));
    const replicas = [type, '*'].flatMap((pattern) => regionOf(hubOfPattern(pattern, key)));
    await root.removes(`sys/namespaces/${team}`);
    for (const closed of await Promise.all(subscribers.map((each) => each.closed))) {
      expect(closed).toEqual({ code: 1000, reason: '' });
    }
    await told();
    for (const name of replicas) expect([name, await storedAt(replica(name))]).toEqual([name, []]);
    await root.makesNamespace(team);
    const again = await subscribeFrom(REGION, inTeam, type);
    const id = await inTeam.published(type, on('a'));
    expect(await again.nextId()).toBe(id);
  });

  it('is repeated until the last shard has answered', async ({ team }) => {
    const key = await keyOf(team);
    const inTeam = root.in(team);
    const type = aName('ends');
    await inTeam.published(type, on('a'));
    const subscribers = await subscribersEverywhere(inTeam, type, key);
    const wipe = Shard.prototype.wipe;
    const lost = vi.spyOn(Shard.prototype, 'wipe').mockImplementation(function (
      this: Shard,
      ...args
    ) {
      if (lost.mock.calls.length === 1) throw new Error('the shard is down');
      return wipe.apply(this, args);
    });
    await root.removes(`sys/namespaces/${team}`);
    await Promise.all(subscribers.map((each) => each.closed));
    await told();
    for (const name of regionOf(hubOfPattern(type, key))) {
      expect([name, await storedAt(replica(name))]).toEqual([name, []]);
    }
  });
});

describe.each(['type', '*'])('replicas of the hub of %s', (kind) => {
  /** A pattern, with subscribers everywhere that have heard an event. */
  async function aTree() {
    const type = aName('ends');
    const pattern = kind === '*' ? '*' : type;
    await root.published(type);
    const subscribers = await subscribersEverywhere(root, pattern);
    await hearAll(subscribers, await root.published(type, { id: 'before' }));
    return { type, pattern, hub: hubOfPattern(pattern), subscribers };
  }

  async function beginAgain(type: string, pattern: string): Promise<void> {
    const again = [
      await subscribeFrom(REGION, root, pattern),
      await subscribeAt(replicasOf(hubOfPattern(pattern), 2)[1] ?? '', pattern),
    ];
    const id = await root.published(type);
    for (const subscriber of again) {
      // Who was closed may be given what was published meanwhile.
      let heard = await subscriber.nextId();
      while (heard !== id) heard = await subscriber.nextId();
    }
  }

  it('close their subscribers when the events are deleted, and serve others', async () => {
    const { type, pattern, subscribers } = await aTree();
    await root.removes('sys/events/hubs');
    const closed = await Promise.all(subscribers.map(closedPromptly));
    expect(closed).toEqual(
      subscribers.map(() => ({ code: 1013, reason: expect.stringContaining('deleted') })),
    );
    await beginAgain(type, pattern);
  });

  it('learn with the next event that the events were deleted if they could not be told', async () => {
    const { type, pattern, hub, subscribers } = await aTree();
    const clear = Shard.prototype.clear;
    vi.spyOn(Shard.prototype, 'clear').mockImplementation(() => {
      throw new Error('the shard is down');
    });
    await root.removes('sys/events/hubs');
    Shard.prototype.clear = clear;
    vi.restoreAllMocks();
    const told = subscribers.slice(0, 2);
    expect(await Promise.all(told.map(closedPromptly))).toMatchObject([
      { code: 1013 },
      { code: 1013 },
    ]);
    await root.published(type);
    await vi.waitFor(async () => {
      for (const name of [...replicasOf(hub, 1)]) await runDurableObjectAlarm(replica(name));
      await runDurableObjectAlarm(hubOf(pattern));
    });
    for (const each of subscribers) expect(await each.closed).toMatchObject({ code: 1013 });
    await beginAgain(type, pattern);
  });

  it('close their subscribers when the hub is restored, and are fed from then on', async () => {
    const type = aName('ends');
    const pattern = kind === '*' ? '*' : type;
    await root.published(type);
    const state = await stateOf(hubOf(pattern));
    vi.spyOn(recovery, 'now').mockImplementation(async () => 'b3');
    vi.spyOn(recovery, 'at').mockImplementation(async () => 'b2');
    vi.spyOn(recovery, 'restoreAtNextStart').mockImplementation(async (storage) => {
      putBack(storage, state);
      return 'b-undo';
    });
    const subscribers = await subscribersEverywhere(root, pattern);
    await hearAll(subscribers, await root.published(type, { id: 'before' }));
    const name = kind === '*' ? '*' : type;
    await root.writes(`sys/events/hubs/${encodeURIComponent(name)}/restore`, { bookmark: 'b1' });
    const closed = await Promise.all(subscribers.map(closedPromptly));
    expect(closed).toEqual(
      subscribers.map(() => ({ code: 1013, reason: expect.stringContaining('restored') })),
    );
    await beginAgain(type, pattern);
  });

  it('keep nothing of a hub whose storage cannot be read and is reset', async () => {
    const { type, pattern, subscribers } = await aTree();
    const problem = { state: 'unreadable', message: 'damaged' } as const;
    await runInDurableObject(hubOf(pattern), () => undefined);
    vi.spyOn(StorageHealth.prototype, 'problem', 'get').mockReturnValue(problem);
    await root.removes(`sys/events/hubs/${encodeURIComponent(kind === '*' ? '*' : type)}`);
    vi.restoreAllMocks();
    const closed = await Promise.all(subscribers.map(closedPromptly));
    expect(closed).toMatchObject(subscribers.map(() => ({ code: 1013 })));
    await beginAgain(type, pattern);
  });
});
