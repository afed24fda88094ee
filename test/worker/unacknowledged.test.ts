/** What the `carillon.v1` subscribers of a hub may hold together: a model of those who stop acknowledging. */
import { describe, expect, it } from 'vitest';
import type { AckingSubscriber } from '../../src/hub/flow-control/acking-subscriber.ts';
import { Unacknowledged } from '../../src/hub/flow-control/unacknowledged.ts';
import {
  DEFAULT_CREDIT,
  MAX_SOCKETS_PER_HUB,
  MAX_UNACKED_BYTES_PER_HUB,
  MAX_UNACKED_BYTES_PER_ISOLATE,
} from '../../src/hub/limits.ts';
import { MemoryPool } from '../../src/hub/memory-budget.ts';
import type { SubscriptionClass } from '../../src/hub/subscribers/subscription-classes.ts';
import { ROOT_OWNER } from '../../src/token/owner.ts';
import { MAX_FRAME_BYTES, MAX_UNACKED_BYTES } from '../../src/wire/limits.ts';
import { SUBSCRIBER_BYTES } from '../support/subscriber-memory.ts';

const FRAME_BYTES = 588;

class Model {
  readonly pool: MemoryPool;
  readonly unacknowledged: Unacknowledged;
  readonly #class = {} as SubscriptionClass;
  readonly subscribers: AckingSubscriber[] = [];
  /** Those that were asked for an acknowledgement, once for each time. */
  asked: AckingSubscriber[] = [];

  constructor(pool = new MemoryPool(MAX_UNACKED_BYTES_PER_ISOLATE), name = 'hub') {
    this.pool = pool;
    this.unacknowledged = new Unacknowledged(pool.open(name));
  }

  add(count: number, owner = ROOT_OWNER): AckingSubscriber[] {
    const added = Array.from({ length: count }, (_, i) => ({
      id: `${owner} ${i}`,
      owner: this.unacknowledged.joined(owner),
      subscriptionClass: this.#class,
      credit: DEFAULT_CREDIT,
      ackedThrough: 0,
      ownUnacked: [],
      unackedBytes: 0,
      unaskedBytes: 0,
      unackedSince: 0,
      liveAfter: 0,
      lag: undefined,
    }));
    this.subscribers.push(...added);
    return added;
  }

  /** Sends an event to those who may have it. @returns to how many */
  send(
    sequence: number,
    bytes: number,
    to: readonly AckingSubscriber[] = this.subscribers,
  ): number {
    let sent = 0;
    for (const each of to) {
      const exceeds = this.unacknowledged.exceedsWith(each, { events: 1, bytes });
      if (exceeds || !this.unacknowledged.hasRoomFor(each, bytes)) continue;
      const isAsked = this.unacknowledged.asksWith(each, bytes);
      if (isAsked) this.asked.push(each);
      each.ownUnacked.push({ sequence, bytes });
      this.unacknowledged.sent(each, bytes, isAsked);
      sent++;
    }
    return sent;
  }

  acknowledge(subscriber: AckingSubscriber): void {
    subscriber.ownUnacked = [];
    this.unacknowledged.acknowledged(subscriber);
  }

  get bytes(): number {
    return this.subscribers.reduce((sum, { unackedBytes }) => sum + unackedBytes, 0);
  }
}

describe('32,000 subscribers that stop acknowledging', () => {
  it.each([FRAME_BYTES, 5_000, MAX_FRAME_BYTES, 1_000_000])(
    'take less than 64 MiB, of events of %d bytes',
    (bytes) => {
      const model = new Model();
      model.add(MAX_SOCKETS_PER_HUB);
      for (let sequence = 1; sequence <= 20; sequence++) model.send(sequence, bytes);
      expect(model.bytes).toBeLessThanOrEqual(MAX_UNACKED_BYTES_PER_HUB);
      expect(model.pool.usedBytes).toBe(model.bytes);
      expect(model.bytes).toBeGreaterThan(MAX_UNACKED_BYTES_PER_HUB - MAX_UNACKED_BYTES);
      const all = model.bytes + MAX_SOCKETS_PER_HUB * SUBSCRIBER_BYTES;
      expect(all).toBeLessThan(64 * 1024 * 1024);
    },
  );

  it('are each sent one usual event', () => {
    const model = new Model();
    model.add(MAX_SOCKETS_PER_HUB);
    expect(model.send(1, FRAME_BYTES)).toBe(MAX_SOCKETS_PER_HUB);
    expect(model.send(2, FRAME_BYTES)).toBeLessThan(100);
  });

  it('leave room for those who acknowledge, or leave', () => {
    const model = new Model();
    const [healthy, leaving] = model.add(MAX_SOCKETS_PER_HUB);
    for (let sequence = 1; sequence <= 3; sequence++) model.send(sequence, FRAME_BYTES);
    if (healthy === undefined || leaving === undefined) throw new Error('nobody');
    model.acknowledge(healthy);
    expect(model.send(4, FRAME_BYTES, [healthy])).toBe(1);
    const held = leaving.unackedBytes;
    const before = model.bytes;
    model.unacknowledged.left(leaving);
    expect(model.bytes).toBe(before - held);
    expect(model.pool.usedBytes).toBe(model.bytes);
  });
});

describe('of what a hub may hold', () => {
  it('an owner with thousands gets half, and another still has as much as it needs', () => {
    const model = new Model();
    const greedy = model.add(10_000, 'greedy');
    for (let sequence = 1; sequence <= 100; sequence++) model.send(sequence, FRAME_BYTES, greedy);
    expect(model.bytes).toBeLessThan(MAX_UNACKED_BYTES_PER_HUB / 2 + FRAME_BYTES);
    const others = model.add(1000, 'other');
    expect(model.send(101, FRAME_BYTES, others)).toBe(1000);
  });

  it('a few subscribers that hold much leave most to the others', () => {
    const model = new Model();
    const stalled = model.add(20);
    for (let sequence = 1; sequence <= 256; sequence++) model.send(sequence, 5_000, stalled);
    expect(model.bytes).toBeLessThan(MAX_UNACKED_BYTES_PER_HUB);
    expect(model.send(300, FRAME_BYTES, model.add(1000))).toBe(1000);
  });

  it('one that wants more than its own credit is refused that alone', () => {
    const model = new Model();
    const [one] = model.add(1);
    if (one === undefined) throw new Error('nobody');
    for (let sequence = 1; sequence <= 300; sequence++) model.send(sequence, 10, [one]);
    expect(one.ownUnacked.length).toBe(DEFAULT_CREDIT);
    expect(model.unacknowledged.hasRoomFor(one, 10)).toBe(true);
  });
});

describe('acknowledgements are asked for', () => {
  /** All that were asked acknowledge after every few events. @returns how many acknowledgements that took */
  function run(model: Model, events: number, { bytes = FRAME_BYTES, eventsOfAnAnswer = 1 } = {}) {
    let acks = 0;
    let unsent = 0;
    for (let sequence = 1; sequence <= events; sequence++) {
      unsent += model.subscribers.length - model.send(sequence, bytes);
      if (sequence % eventsOfAnAnswer !== 0) continue;
      acks += model.asked.length;
      for (const each of model.asked.splice(0)) model.acknowledge(each);
    }
    return { acks, unsent };
  }

  it('of nobody while there is room', () => {
    const model = new Model();
    model.add(100);
    model.send(1, FRAME_BYTES);
    expect(model.asked).toEqual([]);
    for (let sequence = 2; sequence <= 200; sequence++) model.send(sequence, FRAME_BYTES);
    expect(model.asked).toEqual([]);
  });

  it.each([
    ['the root token', 1000, 1000],
    ['five owners', 200, 5],
    ['one owner', 1000, 1],
  ])('before there is no room, of subscribers with %s', (_what, count, owners) => {
    const model = new Model();
    if (owners === 1000) model.add(1000);
    else for (let owner = 0; owner < owners; owner++) model.add(count, `owner ${owner}`);
    const { acks, unsent } = run(model, 200);
    expect(unsent).toBe(0);
    // One for seven events at least, and not one for each.
    expect(acks).toBeGreaterThan(0);
    expect(acks).toBeLessThan((200 * model.subscribers.length) / 7);
  });

  it('once, until the answer has had time to come', () => {
    const model = new Model();
    model.add(1000);
    for (let sequence = 1; model.asked.length === 0; sequence++) model.send(sequence, FRAME_BYTES);
    const [first] = model.asked;
    model.asked = [];
    model.send(1000, FRAME_BYTES);
    expect(model.asked).not.toContain(first);
  });

  it('in time, if answers come later: few wait for room, and nobody for ever', () => {
    const model = new Model();
    model.add(1000);
    const { unsent } = run(model, 400, { eventsOfAnAnswer: 4 });
    expect(unsent).toBe(0);
  });

  it('of most of what is held when there is no room', () => {
    const model = new Model();
    for (let owner = 0; owner < 5; owner++) model.add(80, `owner ${owner}`);
    for (let sequence = 1; sequence <= 256; sequence++) model.send(sequence, FRAME_BYTES);
    const unasked = model.subscribers.reduce((sum, { unaskedBytes }) => sum + unaskedBytes, 0);
    expect(unasked).toBeLessThan(model.bytes / 2);
  });

  it('with each message while other hubs take most of the isolate', () => {
    const pool = new MemoryPool(MAX_UNACKED_BYTES_PER_ISOLATE);
    const other = pool.open('other');
    other.add(MAX_UNACKED_BYTES_PER_ISOLATE / 2 + 1);
    const model = new Model(pool);
    const [one] = model.add(1);
    for (let sequence = 1; sequence <= 3; sequence++) model.send(sequence, FRAME_BYTES);
    expect(model.asked).toEqual([one, one, one]);
    expect(other.bytes).toBeGreaterThan(0);
  });
});

it('several hubs of an isolate share it, and none keeps the others from sending', () => {
  const pool = new MemoryPool(MAX_UNACKED_BYTES_PER_ISOLATE);
  const hubs = Array.from({ length: 6 }, (_, i) => new Model(pool, `hub ${i}`));
  for (const hub of hubs) {
    const before = pool.usedBytes;
    hub.add(1000);
    for (let sequence = 1; sequence <= 100; sequence++) hub.send(sequence, FRAME_BYTES);
    expect(pool.usedBytes).toBeGreaterThan(before);
    expect(hub.bytes).toBeLessThanOrEqual(MAX_UNACKED_BYTES_PER_HUB);
  }
  expect(pool.usedBytes).toBeLessThan(MAX_UNACKED_BYTES_PER_ISOLATE);
});
