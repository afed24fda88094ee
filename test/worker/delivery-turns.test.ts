/** Deliveries that take several turns of the event loop: what comes in between? */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { FanOut } from '../../src/hub/delivery/fan-out.ts';
import { TurnBudget } from '../../src/hub/delivery/turn-budget.ts';
import { MAX_TURN_BYTES } from '../../src/hub/limits.ts';
import { it } from './fixtures.ts';
import { aReader, type Reader } from './reader.ts';
import {
  accepted,
  aHolder,
  type Holder,
  hubOf,
  keyOf,
  LISTENER,
  listenerOn,
  on,
  root,
} from './security-support.ts';
import type { Subscriber } from './support.ts';
import { aBatch, bytesOfTurns, hears, heldTurns, idsOf } from './turns-support.ts';

async function several(holder: Holder, pattern = 'abc', count = 12): Promise<Subscriber[]> {
  return Promise.all(Array.from({ length: count }, () => holder.subscribe(pattern)));
}

async function isAnswered(answer: Promise<unknown>): Promise<boolean> {
  return Promise.race([answer.then(() => true), scheduler.wait(20).then(() => false)]);
}

/** Those that were sent nothing, when a delivery is held up: frames that were sent have come. */
async function unsent(subscribers: readonly Subscriber[]): Promise<Subscriber[]> {
  await scheduler.wait(50);
  const left = subscribers.filter(({ waiting }) => waiting === 0);
  expect(left.length).toBeGreaterThan(0);
  expect(left.length).toBeLessThan(subscribers.length);
  return left;
}

it.each(['abc', 'ab*'])('everybody hears %s whole, once and in order', async (pattern) => {
  const subscribers = await several(await aHolder(LISTENER), pattern);
  const turns = bytesOfTurns();
  for (const name of ['one', 'two'])
    expect((await root.publish('abc', aBatch(name))).ok).toBe(true);
  const last = await root.published('abc', on('secret/a'));
  for (const subscriber of subscribers) {
    expect(await hears(subscriber, 201)).toEqual([...idsOf('one'), ...idsOf('two'), last]);
  }
  const ofOneSocket = 150_000;
  expect(Math.max(...turns.stop())).toBeLessThan(2 * (MAX_TURN_BYTES + ofOneSocket));
});

it('one event for a few takes no turn', async () => {
  const deliver = vi.spyOn(FanOut.prototype, 'deliver');
  const [subscriber] = await several(await aHolder(LISTENER), 'abc', 3);
  const nextTurn = vi.spyOn(TurnBudget.prototype, 'nextTurn');
  const id = await root.published('abc', on('secret/a'));
  expect(await subscriber?.nextId()).toBe(id);
  expect(deliver.mock.results.map(({ value }) => value)).toEqual([undefined]);
  expect(nextTurn).not.toHaveBeenCalled();
});

it('a publisher is answered when all was sent, and the next batch follows', async () => {
  const subscribers = await several(await aHolder(LISTENER));
  const turns = heldTurns();
  const first = root.publish('abc', aBatch('one'));
  await turns.held();
  await unsent(subscribers);
  const second = root.publish('abc', aBatch('two'));
  expect(await isAnswered(first)).toBe(false);
  expect(await isAnswered(second)).toBe(false);
  turns.letGo();
  expect((await first).status).toBe(200);
  expect((await second).status).toBe(200);
  for (const subscriber of subscribers) {
    expect(await hears(subscriber, 200)).toEqual([...idsOf('one'), ...idsOf('two')]);
  }
});

it('a wildcard hub sends what several hubs feed it one after the other', async () => {
  const subscribers = await several(await aHolder(LISTENER), 'ab*');
  await Promise.all([root.published('ab1', on('x')), root.published('ab2', on('x'))]);
  const turns = heldTurns();
  const first = root.publish('ab1', aBatch('one'));
  await turns.held();
  const second = root.publish('ab2', aBatch('two'));
  expect(await isAnswered(second)).toBe(false);
  turns.letGo();
  await Promise.all([first, second]);
  for (const subscriber of subscribers) {
    expect(await hears(subscriber, 200)).toEqual([...idsOf('one'), ...idsOf('two')]);
  }
});

describe.each(['abc', 'ab*'])('a subscriber of %s that comes between two turns', (pattern) => {
  it('hears what is new, and what it asks for of the past, once', async ({ holder }) => {
    const others = await several(holder, pattern);
    const turns = heldTurns();
    const publishing = root.publish('abc', aBatch('one'));
    await turns.held();
    // With a token that no other has, it follows nobody.
    const now = await (await aHolder(LISTENER)).subscribe(pattern);
    const past = await holder.subscribe(pattern, '&since=earliest');
    const reader = await aReader(holder, pattern);
    const pastReader = await aReader(holder, pattern, '&since=earliest');
    turns.letGo();
    await publishing;
    const last = await root.published('abc', on('secret/a'));
    for (const each of others) expect(await hears(each, 101)).toEqual([...idsOf('one'), last]);
    expect(await hears(now, 1)).toEqual([last]);
    expect(await hears(past, 101)).toEqual([...idsOf('one'), last]);
    expect(await reader.hears(1)).toEqual([last]);
    expect(await pastReader.hears(101)).toEqual([...idsOf('one'), last]);
  });
});

describe.each(['stock', 'carillon.v1'])(
  'rights of %s subscribers that change between turns',
  (protocol) => {
    const subscribers = (holder: Holder) =>
      protocol === 'stock' ? several(holder) : severalReaders(holder);

    it('count from then on', async () => {
      const holder = await aHolder(listenerOn('secret/a', 'secret/b'));
      const all = await subscribers(holder);
      const turns = heldTurns();
      const publishing = root.publish('abc', aBatch('one'));
      await turns.held();
      const left = await unsent(all.map(subscriberOf));
      await root.writes(`sys/policies/acl/${holder.policy}`, { policy: listenerOn('secret/b') });
      turns.letGo();
      await publishing;
      const last = await root.published('abc', on('secret/b'));
      for (const each of all) {
        const due = left.includes(subscriberOf(each)) ? [last] : [...idsOf('one'), last];
        expect(await heardBy(each, due.length)).toEqual(due);
      }
    });

    it('end with the token', async ({ holder }) => {
      const all = (await subscribers(holder)).map(subscriberOf);
      const turns = heldTurns();
      const publishing = root.publish('abc', aBatch('one'));
      await turns.held();
      const left = await unsent(all);
      await root.writes('auth/token/revoke', { token: holder.token });
      for (const each of all) expect((await each.closed).code).toBe(1000);
      turns.letGo();
      await publishing;
      // The reader is told goodbye.
      for (const each of left) expect(each.waiting).toBe(protocol === 'stock' ? 0 : 1);
    });
  },
);

async function severalReaders(holder: Holder): Promise<Reader[]> {
  return Promise.all(Array.from({ length: 12 }, () => aReader(holder, 'abc')));
}

function subscriberOf(each: Subscriber | Reader): Subscriber {
  return 'subscriber' in each ? each.subscriber : each;
}

function heardBy(each: Subscriber | Reader, count: number): Promise<string[]> {
  return 'subscriber' in each ? each.hears(count) : hears(each, count);
}

it('readers are sent in turns as well, as far as the credit of each goes', async ({ holder }) => {
  const readers = await severalReaders(holder);
  for (const reader of readers.slice(6)) reader.credit(30);
  const turns = bytesOfTurns();
  await accepted(await root.publish('abc', [...aBatch('one'), ...aBatch('two')]));
  for (const reader of readers) {
    expect(await reader.hears(200)).toEqual([...idsOf('one'), ...idsOf('two')]);
  }
  expect(Math.max(...turns.stop())).toBeLessThan(2 * (MAX_TURN_BYTES + 300_000));
});

describe('a hub that is stopped between turns', () => {
  const isMarked = () =>
    runInDurableObject(
      hubOf('abc'),
      (_hub, { storage }) => storage.kv.get('delivery_in_progress') === true,
    );

  it('has marked a delivery that takes many, until it is over', async () => {
    const subscribers = await several(await aHolder(LISTENER), 'abc', 100);
    const turns = heldTurns(18);
    const publishing = root.publish('abc', aBatch('one'));
    await turns.held();
    expect(await isMarked()).toBe(true);
    turns.letGo();
    await publishing;
    expect(await isMarked()).toBe(false);
    for (const each of subscribers) expect(await hears(each, 100)).toEqual(idsOf('one'));
  });

  it('closes all when it awakes, so that they come back for what they lack', async ({ holder }) => {
    const subscribers = await several(holder, 'abc', 3);
    await runInDurableObject(hubOf('abc'), (_hub, { storage }) => {
      storage.kv.put('delivery_in_progress', true);
    });
    await evictDurableObject(hubOf('abc'));
    const id = await root.published('abc', on('secret/a'));
    for (const subscriber of subscribers) {
      expect(await subscriber.closed).toEqual({ code: 1013, reason: 'resume' });
    }
    expect(await isMarked()).toBe(false);
    const again = await holder.subscribe('abc', '&since=earliest');
    expect(await again.nextId()).toBe(id);
  });
});

it('a namespace that is deleted between turns ends, and nothing of it stays', async () => {
  const namespace = await root.makesNamespace();
  const holder = await aHolder(LISTENER, {}, namespace);
  const subscribers = await several(holder, 'abc', 100);
  const hub = hubOf('abc', await keyOf(namespace));
  const turns = heldTurns(18);
  const publishing = root.in(namespace).publish('abc', aBatch('one'));
  await turns.held();
  const left = await unsent(subscribers);
  const deleting = root.removes(`sys/namespaces/${namespace}`);
  for (const subscriber of subscribers) expect((await subscriber.closed).code).toBe(1000);
  turns.letGo();
  await Promise.allSettled([publishing, deleting]);
  for (const subscriber of left) expect(subscriber.waiting).toBe(0);
  await vi.waitFor(() =>
    runInDurableObject(hub, (_hub, { storage }) => {
      expect(storage.kv.get('delivery_in_progress')).toBeUndefined();
      expect(storage.kv.get('journal_header')).toBeUndefined();
    }),
  );
});

it('where it fails between turns, the rest are closed and come back', async ({ holder }) => {
  const subscribers = await several(holder);
  vi.spyOn(TurnBudget.prototype, 'nextTurn').mockRejectedValueOnce(new Error('no more turns'));
  expect((await root.publish('abc', aBatch('one'))).status).toBe(200);
  for (const subscriber of subscribers) {
    expect(await subscriber.closed).toEqual({ code: 1013, reason: 'the hub cannot go on' });
  }
  const again = await holder.subscribe('abc', '&since=earliest');
  expect(await hears(again, 100)).toEqual(idsOf('one'));
});

it('many who come back at once are sent what they missed in turns of their own', async ({
  holder,
}) => {
  for (const name of ['one', 'two'])
    await accepted(await root.publish('abc', aBatch(name, 'secret/a', 2000)));
  const turns = bytesOfTurns();
  const subscribers = await Promise.all(
    Array.from({ length: 12 }, () => holder.subscribe('abc', '&since=earliest')),
  );
  for (const subscriber of subscribers) {
    expect(await hears(subscriber, 200)).toEqual([...idsOf('one'), ...idsOf('two')]);
  }
  const ofOneSocket = 600_000;
  expect(Math.max(...turns.stop())).toBeLessThan(2 * (MAX_TURN_BYTES + ofOneSocket));
});

it('replays, catching up and new events of several hubs share one budget', async ({ holder }) => {
  const hubs = ['abc', 'abd', 'ab*'];
  for (const hub of ['abc', 'abd']) {
    for (const name of ['one', 'two'])
      await accepted(await root.publish(hub, aBatch(`${hub} ${name}`, 'secret/a', 2000)));
  }
  const live = await Promise.all(hubs.flatMap((hub) => several(holder, hub, 8)));
  const turns = bytesOfTurns();
  const [replays, readers] = await Promise.all([
    Promise.all(
      hubs.flatMap((hub) =>
        Array.from({ length: 3 }, () => holder.subscribe(hub, '&since=earliest')),
      ),
    ),
    Promise.all(
      hubs.flatMap((hub) =>
        Array.from({ length: 6 }, () => aReader(holder, hub, '&since=earliest')),
      ),
    ),
    ...['abc', 'abd'].map((hub) => root.publish(hub, aBatch(`${hub} three`, 'secret/a', 2000))),
  ]);
  for (const [i, each] of replays.entries()) await hears(each, i < 6 ? 300 : 600);
  for (const [i, each] of readers.entries()) await each.hears(i < 12 ? 300 : 600);
  expect(live.flat().length).toBe(24);
  const ofOneSocket = 1_500_000;
  expect(Math.max(...turns.stop())).toBeLessThan(2 * (MAX_TURN_BYTES + ofOneSocket));
  // Several would have had room in turns of their own.
  expect(turns.stop().length).toBeGreaterThan(20);
});
