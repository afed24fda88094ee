/** A replica exists while somebody wants something of it, and follows its hub when that begins again. */
import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { MAX_UNREADY_MESSAGES } from '../../../src/hub/limits.ts';
import { RegionHead } from '../../../src/worker.ts';
import { it } from '../fixtures.ts';
import { hears, publishedIds } from '../resume-support.ts';
import { root } from '../security-support.ts';
import { forgetful, handshakeAt, head, hearsNext, hub, shard, subscribeAt } from './support.ts';

function entriesIn(stub: DurableObjectStub): Promise<number> {
  return runInDurableObject(stub, (_object, { storage }) => {
    const tables = storage.sql.exec(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'",
    );
    return tables.toArray().length + [...storage.kv.list()].length;
  });
}

/** The replicas that an object feeds. */
async function fedBy(parent: DurableObjectStub): Promise<string[]> {
  const rows = await runInDurableObject(parent, (_object, { storage }) =>
    storage.sql.exec<{ name: string }>('SELECT name FROM replicas').toArray(),
  );
  return rows.map(({ name }) => name);
}

describe('a replica', () => {
  it('deletes everything, and its parent forgets it, when nobody wants anything of it', async () => {
    const subscriber = await subscribeAt(shard());
    await publishedIds('a');
    expect(await hearsNext(subscriber, 1)).toEqual(['a']);
    expect(await fedBy(hub())).toEqual(['/deploy#weur']);
    expect(await fedBy(head())).toEqual(['/deploy#weur-1']);
    subscriber.socket.close(1000);
    await subscriber.closed;
    // It does not remember for whom it went on.
    await forgetful(shard());
    await runDurableObjectAlarm(shard());
    await vi.waitFor(async () => expect(await entriesIn(shard())).toBe(0));
    await vi.waitFor(async () => expect(await entriesIn(head())).toBe(0));
    expect(await fedBy(hub())).toEqual([]);
  });

  it('refuses a subscriber while its parent cannot be reached', async () => {
    vi.spyOn(RegionHead.prototype, 'attach').mockImplementation(() => {
      throw new Error('the region head is down');
    });
    await expect(handshakeAt(shard())).rejects.toThrow('the region head is down');
  });

  it('closes a subscriber that acknowledges while its parent cannot be reached', async () => {
    const acking = await subscribeAt(shard(), { protocol: 'carillon.v1' });
    await acking.next();
    await publishedIds('a');
    const [, cursor] = await hears(acking, 1);
    await forgetful(shard());
    vi.spyOn(RegionHead.prototype, 'attach').mockImplementation(() => {
      throw new Error('the region head is down');
    });
    acking.socket.send(JSON.stringify({ type: 'ack', cursor }));
    expect((await acking.closed).code).toBe(1013);
  });

  it('keeps little of a subscriber that sends much before it knows where it is', async () => {
    const [floods, waits] = [
      await subscribeAt(shard(), { protocol: 'carillon.v1' }),
      await subscribeAt(shard(), { protocol: 'carillon.v1' }),
    ];
    await forgetful(shard());
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    const attach = vi.spyOn(RegionHead.prototype, 'attach').mockImplementation(async () => {
      await goesOn;
      throw new Error('the head cannot answer');
    });
    waits.socket.send('x'.repeat(100_000));
    for (let i = 0; i <= MAX_UNREADY_MESSAGES; i++) floods.socket.send('x'.repeat(100_000));
    expect((await floods.closed).code).toBe(1013);
    attach.mockRestore();
    goOn();
    expect((await waits.closed).code).toBe(1013);
  });

  it('closes its subscribers when the hub begins another journal', async () => {
    const subscribers = [await subscribeAt(shard()), await subscribeAt(head())];
    await publishedIds('a');
    for (const each of subscribers) expect(await hearsNext(each, 1)).toEqual(['a']);
    await root.removes('sys/events/hubs');
    await publishedIds('b');
    for (const each of subscribers) expect((await each.closed).code).toBe(1013);
    const again = await subscribeAt(shard(), { since: 'earliest' });
    expect(await hearsNext(again, 1)).toEqual(['b']);
    await publishedIds('c');
    expect(await hearsNext(again, 1)).toEqual(['c']);
  });

  it('is not created for a hub without shards', async () => {
    const count = async () => {
      const ids = await Promise.all(
        [env.REGION_HEAD, env.SHARD].map((each) =>
          listDurableObjectIds(each as DurableObjectNamespace),
        ),
      );
      return ids.flat().length;
    };
    const before = await count();
    await publishedIds('a');
    expect(await count()).toBe(before);
  });
});
