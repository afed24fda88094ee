/** What a hub knows of each `carillon.v1` subscriber, measured: the growth of the heap of Node, with the structures of the hub. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { RoomQueue } from '../../src/hub/catch-up/room-queue.ts';
import type { AckingSubscriber } from '../../src/hub/flow-control/acking-subscriber.ts';
import { Unacknowledged } from '../../src/hub/flow-control/unacknowledged.ts';
import {
  DEFAULT_CREDIT,
  MAX_SOCKETS_PER_HUB,
  MAX_UNACKED_BYTES_PER_ISOLATE,
} from '../../src/hub/limits.ts';
import { MemoryPool } from '../../src/hub/memory-budget.ts';
import type { SubscriptionClass } from '../../src/hub/subscribers/subscription-classes.ts';
import { SUBSCRIBER_BYTES } from '../support/subscriber-memory.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** In one piece, as a text that was read from storage or from a socket. */
function aText(prefix = ''): string {
  return Buffer.from(`${prefix}${crypto.randomUUID()}`).toString('latin1');
}

/** Each has an owner of its own, holds an event, and waits for room: a hub knows no more of any. */
function subscribersOf(count: number): object {
  const memory = new MemoryPool(MAX_UNACKED_BYTES_PER_ISOLATE).open('hub');
  const unacknowledged = new Unacknowledged(memory);
  const queue = new RoomQueue();
  const known = new WeakMap<object, AckingSubscriber>();
  const subscriptionClass = {} as SubscriptionClass;
  const sockets = Array.from({ length: count }, (_, i) => {
    const socket = {} as WebSocket;
    const subscriber: AckingSubscriber = {
      id: aText(),
      owner: unacknowledged.joined(aText('token ')),
      subscriptionClass,
      credit: DEFAULT_CREDIT,
      ackedThrough: i,
      ownUnacked: [{ sequence: i, bytes: 588 }],
      unackedBytes: 0,
      unaskedBytes: 0,
      unackedSince: Date.now(),
      liveAfter: i,
      lag: {
        position: i,
        outOfCredit: false,
        progressAt: Date.now(),
        storedOutOfCredit: true,
        isCatchingUp: false,
        nextBytes: 588,
      },
    };
    unacknowledged.sent(subscriber, 588, false);
    known.set(socket, subscriber);
    queue.add(subscriber, socket);
    return socket;
  });
  return { unacknowledged, queue, known, sockets };
}

it('a subscriber takes no more memory than the model of the hub says', () => {
  subscribersOf(100);
  const before = heapBytes();
  const held = subscribersOf(MAX_SOCKETS_PER_HUB);
  const bytes = (heapBytes() - before) / MAX_SOCKETS_PER_HUB;
  expect(Object.keys(held)).toHaveLength(4);
  expect(bytes).toBeLessThan(SUBSCRIBER_BYTES);
  expect(bytes).toBeGreaterThan(SUBSCRIBER_BYTES / 4);
});
