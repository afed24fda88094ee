/** What a hub and a region head feed to their replicas. */
import { describe, expect } from 'vitest';
import { MAX_FEED_EVENTS, MAX_RETRIED_BYTES, MAX_UNTOLD_EVENTS } from '../../src/hub/limits.ts';
import { CONFIRMED_KEY } from '../../src/hub/shards/at-parent/replica-feeds.ts';
import { it } from './fixtures.ts';
import { Parent, quiet, Replica, wanted } from './replica-support.ts';

describe('a hub without replicas', () => {
  it('writes nothing, reads nothing and calls nobody', async () => {
    const hub = new Parent();
    await hub.publish('a', 'b');
    await hub.alarms();
    expect({ writes: hub.storage.writes, reads: hub.reads, sent: hub.sent }).toEqual({
      writes: 0,
      reads: 0,
      sent: [],
    });
  });
});

describe('a hub', () => {
  it('feeds a replica what it wants, in one call for all that came together', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a', 'c'));
    await hub.publish('a', 'b', 'c', 'a');
    expect(head.received).toEqual([1, 3, 4]);
    expect(hub.sent).toHaveLength(1);
    expect(hub.sent[0]?.page).toMatchObject({ after: 0, through: 4, isMissing: false });
  });

  it('does not call a replica that wants nothing of what came', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    for (let i = 0; i < 10; i++) await hub.publish('b');
    expect(hub.sent).toEqual([]);
    await hub.publish('a');
    expect(hub.sent).toHaveLength(1);
    expect(hub.sent[0]?.page).toMatchObject({ after: 0, through: 11 });
  });

  it('tells a replica where the journal is when it did not want much', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    await hub.publish(...Array<string>(MAX_UNTOLD_EVENTS + 10).fill('b'));
    await quiet();
    expect(hub.sent.map(({ page }) => page.slices.length)).toEqual([0]);
    expect(head.position?.taken).toBe(MAX_UNTOLD_EVENTS);
  });

  it('has one call under way to a replica, and the next takes what came meanwhile', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    hub.fates.push('slow');
    await hub.publish('a');
    for (let i = 0; i < 9; i++) await hub.publish('a');
    expect(hub.sent).toHaveLength(1);
    await hub.letGo();
    expect(hub.sent).toHaveLength(2);
    expect(head.received).toHaveLength(10);
  });

  it('waits for no replica, and none waits for another', async () => {
    const hub = new Parent();
    const [slow, quick] = [new Replica('/kv#oc', hub), new Replica('/kv#weur', hub)];
    await slow.attach(hub, wanted('a'));
    await quick.attach(hub, wanted('a'));
    hub.fates.push('slow');
    for (let i = 0; i < 5; i++) await hub.publish('a');
    expect(slow.received).toEqual([]);
    expect(quick.received).toEqual([1, 2, 3, 4, 5]);
    expect(hub.feeds.states()).toMatchObject([
      { name: '/kv#oc', lag: 5 },
      { name: '/kv#weur', lag: 0 },
    ]);
  });

  it('reads once for replicas that want the same', async () => {
    const hub = new Parent();
    for (const region of ['weur', 'oc', 'me', 'afr']) {
      await new Replica(`/kv#${region}`, hub).attach(hub, wanted('a'));
    }
    hub.reads = 0;
    await hub.publish('a', 'b', 'a');
    expect({ reads: hub.reads, sent: hub.sent.length }).toEqual({ reads: 1, sent: 4 });
  });

  it('feeds what was lost by alarm, and not with each publish', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    hub.fates.push('lost', 'lost');
    await hub.publish('a');
    await hub.publish('a');
    expect(hub.sent).toHaveLength(1);
    await hub.alarms();
    expect(head.received).toEqual([1, 2]);
    expect(hub.counts).toEqual({ replicaPagesTaken: 1, replicaPagesFailed: 2 });
  });

  it('feeds a replica little that did not take what it was fed, until it takes something', async () => {
    const hub = new Parent();
    await new Replica('/kv#weur', hub).attach(hub, wanted('a'));
    hub.maxBytes.length = 0;
    hub.fates.push('lost', 'lost');
    await hub.publish('a');
    await hub.alarms();
    await hub.publish('a');
    const { maxBytes } = hub.feeds;
    expect(hub.maxBytes).toEqual([maxBytes, MAX_RETRIED_BYTES, MAX_RETRIED_BYTES, maxBytes]);
  });

  it('waits in its alarm for no replica, since others wait for the alarm', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    hub.fates.push('slow');
    await hub.publish('a');
    expect(hub.feeds.run(hub.feeds.nextDue())).toBeUndefined();
    expect(hub.storage.entries.get(CONFIRMED_KEY)).toBeUndefined();
    await hub.letGo();
    await hub.alarms();
    expect(head.received).toEqual([1]);
    expect(hub.storage.entries.get(CONFIRMED_KEY)).toBe(1);
  });

  it('stores once what all have confirmed, however much is published', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    const { writes } = hub.storage;
    for (let i = 0; i < 20; i++) await hub.publish('a', 'b');
    expect(hub.storage.writes).toBe(writes);
    expect(hub.feeds.nextDue()).toBeLessThan(Number.POSITIVE_INFINITY);
    await hub.alarms();
    expect(hub.storage.entries.get(CONFIRMED_KEY)).toBe(40);
    expect(hub.storage.writes).toBe(writes + 1);
  });

  it('that wakes calls nobody if all had confirmed everything', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    await hub.publish('a');
    await hub.alarms();
    hub.evict();
    expect(hub.feeds.nextDue()).toBe(Number.POSITIVE_INFINITY);
    await hub.publish('b');
    expect(hub.sent).toHaveLength(1);
  });

  it('feeds what it had stored when it was lost, though nothing is published', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    await hub.publish('a');
    hub.store('a', 'b', 'a');
    hub.evict();
    await hub.alarms();
    expect(head.received).toEqual([1, 2, 4]);
  });

  it('that wakes finds out how far a replica is that was skipped', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    await hub.publish('b', 'b');
    await hub.alarms();
    hub.evict();
    await hub.publish('a');
    expect(head.received).toEqual([3]);
    expect(head.gaps).toBe(0);
  });

  it('tells of a gap only if something that is wanted may be lost', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    await hub.publish('b', 'b', 'b');
    await hub.alarms();
    hub.trimmedThrough = 3;
    hub.evict();
    await hub.publish('a');
    expect(head).toMatchObject({ received: [4], gaps: 0 });
    hub.fates.push('lost');
    await hub.publish('a', 'a');
    hub.trimmedThrough = 5;
    await hub.alarms();
    expect(head).toMatchObject({ received: [4, 6], gaps: 1 });
  });

  it('drops a replica that wants nothing any more, and calls it no more', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    await hub.publish('a');
    head.wants([]);
    await hub.publish('a');
    await hub.publish('a');
    expect(hub.sent).toHaveLength(2);
    expect(hub.fed.isEmpty).toBe(true);
    expect(hub.storage.rows.size).toBe(0);
  });

  it('follows the newest request, whichever comes first', async () => {
    const hub = new Parent();
    new Replica('/kv#weur', hub);
    await hub.attach('/kv#weur', 7, wanted('a', 'b'));
    const answer = await hub.attach('/kv#weur', 6, wanted('c'));
    expect(answer).toMatchObject({ version: 7, page: { version: 7 } });
    expect(hub.fed.wanted()).toEqual(wanted('a', 'b'));
  });

  it('writes a row only if what a replica wants changes', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a', 'b'));
    await head.attach(hub, wanted('b', 'a'));
    expect(hub.storage.writes).toBe(1);
  });

  it('answers a replica that attaches with what it lacks, page by page', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    hub.fates.push('lost');
    await hub.publish(...Array<string>(2 * MAX_FEED_EVENTS + 1).fill('a'));
    await head.attach(hub, wanted('a', 'b'));
    expect(head.received).toHaveLength(2 * MAX_FEED_EVENTS + 1);
  });

  it('tells replicas soon that its journal has another epoch', async () => {
    const hub = new Parent();
    const head = new Replica('/kv#weur', hub);
    await head.attach(hub, wanted('a'));
    await hub.publish('a');
    await hub.alarms();
    hub.epoch = 'second';
    hub.storage.entries.delete(CONFIRMED_KEY);
    hub.evict();
    await hub.alarms();
    expect(head.position).toEqual({ epoch: 'second', taken: 1 });
  });
});

describe('a region head', () => {
  it('waits until its shards have confirmed, and stores nothing', async () => {
    const head = new Parent(false);
    const shard = new Replica('/kv#weur-1', head);
    await shard.attach(head, wanted('a'));
    const { writes } = head.storage;
    head.fates.push('slow');
    let isTaken = false;
    const taken = head.take('a', 'b').then(() => {
      isTaken = true;
    });
    await quiet();
    expect(isTaken).toBe(false);
    await head.letGo();
    await taken;
    expect(shard.received).toEqual([1]);
    expect(head.storage.writes).toBe(writes);
  });

  it('goes on without a shard that does not answer, and remembers how far it is', async () => {
    const head = new Parent(false);
    const [ill, well] = [new Replica('/kv#weur-1', head), new Replica('/kv#weur-2', head)];
    await ill.attach(head, wanted('a'));
    await well.attach(head, wanted('a'));
    head.fates.push('lost');
    await head.take('a');
    expect(head.storage.rows.get('/kv#weur-1')?.behind).toBe(0);
    expect(well.received).toEqual([1]);
    await head.take('a');
    head.evict();
    expect(head.feeds.nextDue()).toBeLessThan(Number.POSITIVE_INFINITY);
    await head.alarms();
    expect(ill.received).toEqual([1, 2]);
    expect(head.storage.rows.get('/kv#weur-1')?.behind).toBeUndefined();
  });

  it('that lost a page is fed it again, and a shard that has it takes it once', async () => {
    const head = new Parent(false);
    const shard = new Replica('/kv#weur-1', head);
    await shard.attach(head, wanted('a'));
    await head.take('a');
    await head.take('a', 'b');
    head.loseAfter(1);
    await head.take('a', 'b');
    await head.take('a');
    expect(shard.received).toEqual([1, 2, 4]);
  });

  it('tells its shards at once that the journal has another epoch', async () => {
    const head = new Parent(false);
    const shard = new Replica('/kv#weur-1', head);
    await shard.attach(head, wanted('a'));
    await head.take('a');
    head.epoch = 'second';
    head.feeds.renew();
    await quiet();
    expect(shard.position).toEqual({ epoch: 'second', taken: 1 });
  });
});
