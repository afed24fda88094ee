/**
 * The memory that the hubs of an isolate may take for what waits in them. All objects of a class in an isolate share its
 * 128 MB, so a bound for each hub is not enough. Of each pool, a hub may hold as much as stays free, so no hub keeps the
 * others from working.
 *
 * Nothing tells when an object ends. So what it held counts until the isolate has collected it, or it starts again.
 */
import { isWithinShare } from '../lib/fair-share.ts';
import { MAX_CACHED_ACCESS_BYTES } from '../policy/limits.ts';
import {
  MAX_CATCH_UP_BYTES,
  MAX_CATCH_UP_WAIT_MS,
  MAX_REPLICA_RING_BYTES,
  MAX_UNACKED_BYTES_PER_ISOLATE,
  MAX_WAITING_BYTES,
  POOL_RECOUNT_MS,
} from './limits.ts';

/** The interval at which the reservation that waits longest is tried again. */
const RETRY_MS = 50;

export class MemoryPool {
  readonly maxBytes: number;
  #used = 0;
  #recountedAt = 0;
  readonly #accounts = new Map<string, WeakRef<MemoryAccount>>();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** The account of an object, in place of that which it had before it started again. */
  open(object: string): MemoryAccount {
    this.#accounts.get(object)?.deref()?.close();
    const account = new MemoryAccount(this);
    this.#accounts.set(object, new WeakRef(account));
    return account;
  }

  /** For accounts of the pool. */
  add(bytes: number): void {
    this.#used += bytes;
  }

  /** Adds the accounts up again: some may be of objects that have ended. */
  recount(now: number): void {
    if (now - this.#recountedAt < POOL_RECOUNT_MS) return;
    this.#recountedAt = now;
    this.#used = 0;
    for (const [object, reference] of this.#accounts) {
      const account = reference.deref();
      if (account === undefined) this.#accounts.delete(object);
      else this.#used += account.bytes;
    }
  }
}

/** What one object holds of a pool. */
export class MemoryAccount {
  readonly #pool: MemoryPool;
  #bytes = 0;
  #isClosed = false;
  /** Resolves when the last reservation that waits was made or given up. */
  #lastInLine: Promise<unknown> = Promise.resolve();

  constructor(pool: MemoryPool) {
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What all objects hold, as a part of the pool. */
  get fullness(): number {
    return this.#pool.usedBytes / this.#pool.maxBytes;
  }

  /** Whether the object may hold so much more. It may hold as much as stays free. */
  hasRoomFor(bytes: number): boolean {
    return this.#isWithin(bytes) || this.#isWithinAfterRecount(bytes);
  }

  /** @returns whether there was room, in the share of the object; an object that holds nothing may take all that is free */
  reserve(bytes: number): boolean {
    const hasRoom = this.#bytes === 0 ? this.#isFree(bytes) : this.hasRoomFor(bytes);
    if (hasRoom) this.add(bytes);
    return hasRoom;
  }

  /**
   * The same, but waits for room for a while: what is read for a subscriber is soon sent. Those that wait come one after
   * the other, and only the first sets timers: hundreds of timers would delay the very replays that they wait for.
   */
  reserveSoon(bytes: number): Promise<boolean> {
    const until = Date.now() + MAX_CATCH_UP_WAIT_MS;
    const reserved = this.#lastInLine.then(() => this.#reserveUntil(bytes, until));
    this.#lastInLine = reserved;
    return reserved;
  }

  add(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes += bytes;
    this.#pool.add(bytes);
  }

  release(bytes: number): void {
    this.add(-bytes);
  }

  /** The object has ended. What its calls still release does not count. */
  close(): void {
    this.release(this.#bytes);
    this.#isClosed = true;
  }

  async #reserveUntil(bytes: number, until: number): Promise<boolean> {
    while (!this.reserve(bytes)) {
      if (Date.now() >= until) return false;
      await scheduler.wait(RETRY_MS);
    }
    return true;
  }

  #isFree(bytes: number): boolean {
    const isFree = () => bytes <= this.#pool.maxBytes - this.#pool.usedBytes;
    if (isFree()) return true;
    this.#pool.recount(Date.now());
    return isFree();
  }

  #isWithinAfterRecount(bytes: number): boolean {
    this.#pool.recount(Date.now());
    return this.#isWithin(bytes);
  }

  #isWithin(bytes: number): boolean {
    const { usedBytes, maxBytes } = this.#pool;
    return isWithinShare(bytes, usedBytes, maxBytes, () => this.#bytes);
  }
}

/** A module is shared by the objects of an isolate, and so are these. */
const policies = new MemoryPool(MAX_CACHED_ACCESS_BYTES);
const waiting = new MemoryPool(MAX_WAITING_BYTES);
const catchUp = new MemoryPool(MAX_CATCH_UP_BYTES);
const unacknowledged = new MemoryPool(MAX_UNACKED_BYTES_PER_ISOLATE);
const rings = new MemoryPool(MAX_REPLICA_RING_BYTES);

/** The accounts of one hub. */
export interface HubMemory {
  /** Events that wait to be stored and sent: requests, and pages of other hubs. */
  readonly waiting: MemoryAccount;
  /** Compiled policies of its subscribers. */
  readonly policies: MemoryAccount;
  /** What is read from journals for subscribers that resume. */
  readonly catchUp: MemoryAccount;
  /** What `carillon.v1` subscribers were sent and have not acknowledged. */
  readonly unacknowledged: MemoryAccount;
  /** Of a replica, the newest part of the journal. */
  readonly ring: MemoryAccount;
}

/** @param object the id of the hub's object */
export function openHubMemory(object: string): HubMemory {
  return {
    waiting: waiting.open(object),
    policies: policies.open(object),
    catchUp: catchUp.open(object),
    unacknowledged: unacknowledged.open(object),
    ring: rings.open(object),
  };
}
