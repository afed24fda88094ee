/**
 * Where a replica might take a part of the journal for whole that is not, or for new what its subscribers have: when it wants
 * more than before, while calls overtake each other, and when it has slept.
 */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, describe, expect, vi } from 'vitest';
import { Hub } from '../../../src/hub/hub.ts';
import { DEFAULT_CREDIT } from '../../../src/hub/limits.ts';
import { Replica } from '../../../src/hub/shards/at-replica/replica.ts';
import { it } from '../fixtures.ts';
import { hears, publishedIds } from '../resume-support.ts';
import { published } from '../support.ts';
import { forgetful, head, hearsNext, hub, shard, subscribeAt } from './support.ts';

const { attach } = Hub.prototype;
const { receive } = Replica.prototype;
afterEach(() => {
  Hub.prototype.attach = attach;
  Replica.prototype.receive = receive;
});

const STARTED = 'deploy/started';
const FINISHED = 'deploy/finished';

/** A place whose only subscriber wants something else than what was published last. */
async function withUnwanted(place: () => DurableObjectStub, ...ids: string[]): Promise<void> {
  const other = await subscribeAt(place(), { pattern: STARTED });
  await published(STARTED, { id: 's' });
  expect(await hearsNext(other, 1)).toEqual(['s']);
  await publishedIds(...ids);
}

describe('a subscriber that wants what its place did not want before', () => {
  it('reads all of it, also after others have read theirs of the same part', async () => {
    await withUnwanted(shard, 'a', 'b');
    await published(STARTED, { id: 't' });
    await forgetful(shard());
    const other = await subscribeAt(shard(), { pattern: STARTED, since: 'earliest' });
    expect(await hearsNext(other, 2)).toEqual(['s', 't']);
    const subscriber = await subscribeAt(shard(), { pattern: FINISHED, since: 'earliest' });
    await publishedIds('c');
    expect(await hearsNext(subscriber, 3)).toEqual(['a', 'b', 'c']);
  });

  it('reads all of it, also if an event is fed before its interest is confirmed', async () => {
    await withUnwanted(head, 'a', 'b');
    let fed = 0;
    Replica.prototype.receive = async function (page) {
      const receipt = await receive.call(this, page);
      fed++;
      return receipt;
    };
    Hub.prototype.attach = async function (...request) {
      Hub.prototype.attach = attach;
      const answer = await attach.apply(this, request);
      await publishedIds('c');
      await vi.waitFor(() => expect(fed).toBeGreaterThan(0), { timeout: 10_000 });
      return structuredClone(answer);
    };
    const subscriber = await subscribeAt(head(), { pattern: FINISHED, since: 's' });
    await publishedIds('d');
    expect(await hearsNext(subscriber, 4)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reads all of it slowly, although its shard sleeps', async () => {
    const wanted = await subscribeAt(shard(2), { pattern: FINISHED });
    const ids = Array.from({ length: DEFAULT_CREDIT + 20 }, (_, i) => `e${i}`);
    await withUnwanted(shard, ...ids);
    expect(await hearsNext(wanted, ids.length)).toEqual(ids);
    const slow = await subscribeAt(shard(), {
      pattern: FINISHED,
      since: 's',
      protocol: 'carillon.v1',
    });
    const [first, cursor] = await hears(slow, DEFAULT_CREDIT);
    await forgetful(shard());
    await publishedIds('z');
    expect(await hearsNext(wanted, 1)).toEqual(['z']);
    slow.socket.send(JSON.stringify({ type: 'ack', cursor }));
    const [rest] = await hears(slow, 21);
    expect([...first, ...rest]).toEqual([...ids, 'z']);
  });
});

describe('a subscriber of an object that has slept', () => {
  it.each([
    ['head', head, [head]],
    ['shard', shard, [shard, head]],
  ])('is not given again what it read before: %s', async (_, place, sleepers) => {
    await withUnwanted(place, 'a', 'b');
    await subscribeAt(place(), { pattern: 'deploy/failed' });
    const subscriber = await subscribeAt(place(), { pattern: FINISHED, since: 's' });
    expect(await hearsNext(subscriber, 2)).toEqual(['a', 'b']);
    await forgetful(...sleepers.map((sleeper) => sleeper()));
    await publishedIds('c');
    expect(await hearsNext(subscriber, 1)).toEqual(['c']);
  });

  it('is not given again what came with its interest', async () => {
    const wanted = await subscribeAt(shard(2), { pattern: FINISHED });
    await withUnwanted(shard, 'a', 'b');
    expect(await hearsNext(wanted, 2)).toEqual(['a', 'b']);
    const first = await subscribeAt(shard(), { pattern: FINISHED, since: 's' });
    expect(await hearsNext(first, 2)).toEqual(['a', 'b']);
    await forgetful(shard());
    const second = await subscribeAt(shard(), { pattern: FINISHED, since: 's' });
    expect(await hearsNext(second, 2)).toEqual(['a', 'b']);
    await publishedIds('c');
    for (const each of [first, second]) expect(await hearsNext(each, 1)).toEqual(['c']);
  });

  it('receives the first event of its region, if the hub was lost before it was fed', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    await publishedIds('before');
    const subscriber = await subscribeAt(head());
    let calls = 0;
    Replica.prototype.receive = async () => {
      calls++;
      throw new Error('the call was lost');
    };
    await publishedIds('a');
    await vi.waitFor(() => expect(calls).toBeGreaterThan(0), { timeout: 10_000 });
    Replica.prototype.receive = receive;
    await forgetful(hub(), head());
    await runDurableObjectAlarm(hub());
    await publishedIds('b');
    expect(await hearsNext(subscriber, 2)).toEqual(['a', 'b']);
  });
});
