/** A position of one place holds at every other: at the hub, at the head of a region, and at each shard. */
import { describe, expect } from 'vitest';
import { MAX_JOURNAL_EVENTS } from '../../../src/config/limits.ts';
import { ReplayThrottle } from '../../../src/hub/catch-up/replay-throttle.ts';
import { TurnBudget } from '../../../src/hub/delivery/turn-budget.ts';
import { REPLAY_BUDGET_BYTES } from '../../../src/hub/limits.ts';
import { historyAfter, REPLICAS } from '../../../src/hub/shards/at-parent/history.ts';
import { REPLICA_FORMAT } from '../../../src/objects/replica-contract.ts';
import type { ServerMessage } from '../../../src/wire/carillon-v1/messages.ts';
import { it } from '../fixtures.ts';
import { hears, publishedIds } from '../resume-support.ts';
import { published, type Subscriber } from '../support.ts';
import { accept, staged } from './replica-support.ts';
import { forgetful, handshakeAt, head, hearsNext, hub, shard, subscribeAt } from './support.ts';

const PLACES = { hub, head, 'shard 1': () => shard(1), 'shard 2': () => shard(2) };
type Place = keyof typeof PLACES;

const WAYS: [Place, Place][] = [
  ['hub', 'shard 1'],
  ['shard 1', 'hub'],
  ['shard 1', 'shard 2'],
  ['shard 1', 'head'],
  ['head', 'shard 2'],
  ['shard 1', 'shard 1'],
];

async function resumed(
  place: Place,
  since: string,
): Promise<{ hello: ServerMessage & { type: 'hello' }; subscriber: Subscriber }> {
  const subscriber = await subscribeAt(PLACES[place](), { protocol: 'carillon.v1', since });
  return { hello: JSON.parse((await subscriber.next()) as string), subscriber };
}

describe.for(WAYS)('from %s to %s', ([from, to]) => {
  it('a cursor goes on where it was', async () => {
    const before = await resumed(from, '');
    await publishedIds('a', 'b');
    const [, cursor] = await hears(before.subscriber, 2);
    before.subscriber.socket.close(1000);
    await publishedIds('c', 'd');
    const { hello, subscriber } = await resumed(to, cursor);
    expect(hello.gap).toBeUndefined();
    await publishedIds('e');
    expect((await hears(subscriber, 3))[0]).toEqual(['c', 'd', 'e']);
  });

  it('an id goes on after its event', async () => {
    const before = await subscribeAt(PLACES[from]());
    await publishedIds('a', 'b');
    expect(await hearsNext(before, 2)).toEqual(['a', 'b']);
    before.socket.close(1000);
    await publishedIds('c', 'd');
    const subscriber = await subscribeAt(PLACES[to](), { since: 'b' });
    await publishedIds('e');
    expect(await hearsNext(subscriber, 3)).toEqual(['c', 'd', 'e']);
    expect(subscriber.waiting).toBe(0);
  });
});

it('those who look for ids in a long journal do it no oftener at a shard than at the hub', async () => {
  await publishedIds('a');
  await subscribeAt(shard());
  const { journal } = await hub().history(0, 1, 1);
  const part = { after: 1, through: MAX_JOURNAL_EVENTS, slices: [], isMissing: false };
  const directory = { version: 0, home: undefined, shards: {} };
  const page = { format: REPLICA_FORMAT, journal, version: Date.now(), directory, ...part };
  await shard().receive(page);
  expect((await handshakeAt(shard(), { since: 'unknown-1' })).status).toBe(101);
  expect((await handshakeAt(shard(), { since: 'unknown-2' })).status).toBe(503);
});

it('what regions read of the journal leaves room for the subscribers of the hub', () =>
  staged(async ({ journal }) => {
    accept(journal, ['a', 'b']);
    const throttle = new ReplayThrottle(new TurnBudget());
    throttle.count(REPLICAS, REPLAY_BUDGET_BYTES);
    const began = Date.now();
    expect(await historyAfter(journal, throttle, 1, 10, 1_000_000)).toMatchObject({ through: 2 });
    expect(Date.now() - began).toBeGreaterThan(100);
    expect(throttle.admit('a subscriber', 0)).toBe(true);
  }));

describe('a subscriber of a shard', () => {
  it('begins with the oldest event that the hub retains', async () => {
    await publishedIds('a', 'b');
    const subscriber = await subscribeAt(shard(), { since: 'earliest' });
    await publishedIds('c');
    expect(await hearsNext(subscriber, 3)).toEqual(['a', 'b', 'c']);
  });

  it('begins at a time', async () => {
    await publishedIds('a');
    await scheduler.wait(20);
    const time = new Date().toISOString();
    await publishedIds('b');
    const subscriber = await subscribeAt(shard(), { since: time });
    await publishedIds('c');
    expect(await hearsNext(subscriber, 2)).toEqual(['b', 'c']);
  });

  it('is told that an id is unknown', async () => {
    await publishedIds('a');
    const { hello, subscriber } = await resumed('shard 1', 'nobody');
    expect(hello.gap).toEqual({ reason: 'unknown_event' });
    expect((await hears(subscriber, 1))[0]).toEqual(['a']);
  });

  it('goes on from a cursor of the hub beyond what its shard was fed', async () => {
    const other = await subscribeAt(shard(), { pattern: 'deploy/started' });
    const { hello } = await resumed('hub', '');
    expect(hello.gap).toBeUndefined();
    await publishedIds('a', 'b');
    const atHub = await resumed('hub', 'a');
    const [, cursor] = await hears(atHub.subscriber, 1);
    const { hello: greeting, subscriber } = await resumed('shard 1', cursor);
    expect(greeting.gap).toBeUndefined();
    await publishedIds('c');
    expect((await hears(subscriber, 1))[0]).toEqual(['c']);
    await published('deploy/started', { id: 'started' });
    expect(await hearsNext(other, 1)).toEqual(['started']);
  });

  it('reads what it missed from its head and the hub after all have forgotten it', async () => {
    await publishedIds('a', 'b', 'c');
    const first = await subscribeAt(shard(), { since: 'a' });
    expect(await hearsNext(first, 2)).toEqual(['b', 'c']);
    await forgetful(shard(), head(), hub());
    const second = await subscribeAt(shard(2), { since: 'b' });
    await publishedIds('d');
    expect(await hearsNext(second, 2)).toEqual(['c', 'd']);
    expect(await hearsNext(first, 1)).toEqual(['d']);
  });
});
