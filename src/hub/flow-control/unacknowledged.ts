/**
 * What `carillon.v1` subscribers were sent and have not acknowledged. It may wait in memory, because nothing shows whether
 * they read. So each subscriber has a bound, and all of a hub have one together: an owner, and a subscriber of the root
 * token, may hold as much of it as stays free.
 */
import { ROOT_OWNER } from '../../token/owner.ts';
import { MAX_UNACKED_BYTES } from '../../wire/limits.ts';
import { MAX_UNACKED_BYTES_PER_HUB } from '../limits.ts';
import type { MemoryAccount } from '../memory-budget.ts';
import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { AckingSubscriber, OwnerBytes } from './acking-subscriber.ts';
import { type Amount, SentLog } from './sent-log.ts';

/**
 * What may be held without being asked for, once there is no room for so much more. An owner alone may hold half of the
 * bound, so it is less than that.
 */
const UNASKED_BYTES = MAX_UNACKED_BYTES_PER_HUB / 4;

export class Unacknowledged {
  readonly #memory: MemoryAccount;
  readonly #logs = new WeakMap<SubscriptionClass, SentLog>();
  readonly #owners = new Map<string, OwnerBytes>();
  /** Of all owners. */
  #subscribers = 0;

  /** @param memory of the hub */
  constructor(memory: MemoryAccount) {
    this.#memory = memory;
  }

  /** What all subscribers of a class were sent last. */
  logOf(subscriptionClass: SubscriptionClass): SentLog {
    let log = this.#logs.get(subscriptionClass);
    if (log === undefined) {
      log = new SentLog();
      this.#logs.set(subscriptionClass, log);
    }
    return log;
  }

  of({ subscriptionClass, ackedThrough, liveAfter, ownUnacked, lag }: AckingSubscriber): Amount {
    const ownBytes = ownUnacked.reduce((sum, { bytes }) => sum + bytes, 0);
    if (lag !== undefined) return { events: ownUnacked.length, bytes: ownBytes };
    const log = this.logOf(subscriptionClass);
    const { events, bytes } = log.after(Math.max(ackedThrough, liveAfter));
    return { events: ownUnacked.length + events, bytes: ownBytes + bytes };
  }

  /** Whether the subscriber may not be sent so much more, by its own credit. */
  exceedsWith(subscriber: AckingSubscriber, added: Amount): boolean {
    const { events, bytes } = this.of(subscriber);
    return events + added.events > subscriber.credit || bytes + added.bytes > MAX_UNACKED_BYTES;
  }

  /** Whether the subscriber may be sent so many bytes, by what all subscribers hold. */
  hasRoomFor({ owner, unackedBytes }: AckingSubscriber, bytes: number): boolean {
    const all = this.#memory.bytes;
    const free = MAX_UNACKED_BYTES_PER_HUB - all;
    if (bytes > free || !this.#memory.hasRoomFor(bytes)) return false;
    const held = owner.name === ROOT_OWNER ? unackedBytes : owner.bytes;
    return all + bytes <= free || held + bytes <= free;
  }

  /**
   * Whether to ask the subscriber for an acknowledgement of the bytes that it is sent now: only if there will soon be no
   * room for more. A subscriber that was asked is not asked again for its share of a reserve. So acknowledgements stay
   * few, and most of what is held when there is no room was asked for.
   */
  asksWith(subscriber: AckingSubscriber, bytes: number): boolean {
    if (this.#memory.fullness > 1 / 2) return true;
    if (this.hasRoomFor(subscriber, bytes + UNASKED_BYTES)) return false;
    return subscriber.unaskedBytes + bytes > UNASKED_BYTES / this.#subscribers;
  }

  /** Counts a subscriber of an owner. */
  joined(name: string): OwnerBytes {
    let owner = this.#owners.get(name);
    if (owner === undefined) {
      owner = { name, bytes: 0, subscribers: 0 };
      this.#owners.set(name, owner);
    }
    owner.subscribers++;
    this.#subscribers++;
    return owner;
  }

  /** @param isAsked whether the subscriber was asked to acknowledge it */
  sent(subscriber: AckingSubscriber, bytes: number, isAsked: boolean): void {
    if (bytes === 0) return;
    if (subscriber.unackedBytes === 0) subscriber.unackedSince = Date.now();
    subscriber.unaskedBytes = isAsked ? 0 : subscriber.unaskedBytes + bytes;
    this.#add(subscriber, bytes);
  }

  /** The subscriber has acknowledged something. */
  acknowledged(subscriber: AckingSubscriber): void {
    subscriber.unackedSince = Date.now();
    this.#add(subscriber, this.of(subscriber).bytes - subscriber.unackedBytes);
    subscriber.unaskedBytes = Math.min(subscriber.unaskedBytes, subscriber.unackedBytes);
  }

  /** The socket of the subscriber has closed. */
  left(subscriber: AckingSubscriber): void {
    const { owner } = subscriber;
    this.#add(subscriber, -subscriber.unackedBytes);
    this.#subscribers--;
    if (--owner.subscribers === 0) this.#owners.delete(owner.name);
  }

  #add(subscriber: AckingSubscriber, bytes: number): void {
    subscriber.unackedBytes += bytes;
    subscriber.owner.bytes += bytes;
    this.#memory.add(bytes);
  }
}
