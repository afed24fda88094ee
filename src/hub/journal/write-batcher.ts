/**
 * Batches the writes to the journal of a hub. An idle hub writes at once. What comes while it writes and sends is
 * written in one transaction afterwards and sent in one pass over the sockets, because the first send to a socket in
 * a turn costs more than those that follow.
 */

import { Buffer } from 'node:buffer';
import { countOf, type EventBatch, isWholeBatch } from '../../event/event-batch.ts';
import { isWithinShare } from '../../lib/fair-share.ts';
import type { PublishRequest } from '../../objects/hub-contract.ts';
import {
  FLUSH_LINGER_MS,
  MAX_COMMITTED_BYTES,
  MAX_QUEUED_BYTES,
  MAX_QUEUED_EVENTS,
} from '../limits.ts';
import type { MemoryAccount } from '../memory-budget.ts';

/** A request that waits to be written. */
interface Queued {
  readonly events: EventBatch;
  readonly owner: string;
  readonly bytes: number;
  resolve(sequences: Sequences): void;
  reject(error: unknown): void;
}

/** For each event of a request its sequence; undefined for a duplicate. */
export type Sequences = readonly (number | undefined)[];

/** Writes the events of several requests, all or none. */
type Commit = (requests: readonly EventBatch[]) => Promise<Sequences[]>;

/** A hub lingers for this part of the time that its last commit took. */
const LINGER_DIVISOR = 4;

export class WriteBatcher {
  readonly #commit: Commit;
  readonly #isDeliveryCostly: () => boolean;
  /** Has what waits, and what is being committed and delivered. */
  readonly #memory: MemoryAccount;
  readonly #noteQueued: (events: number, bytes: number) => void;
  readonly #queue: Queued[] = [];
  /** What waits, of all owners and of each. */
  readonly #all = { events: 0, bytes: 0 };
  readonly #byOwner = new Map<string, { events: number; bytes: number }>();
  #isCommitting = false;

  /**
   * @param isDeliveryCostly whether committing more together saves sends. Otherwise, a request never waits for others
   * @param noteQueued learns how much waits, with each request that comes
   */
  constructor(
    commit: Commit,
    isDeliveryCostly: () => boolean,
    memory: MemoryAccount,
    noteQueued: (events: number, bytes: number) => void = () => undefined,
  ) {
    this.#noteQueued = noteQueued;
    this.#commit = commit;
    this.#isDeliveryCostly = isDeliveryCostly;
    this.#memory = memory;
  }

  /**
   * Takes requests that came together, to be committed together.
   *
   * @returns for each undefined if the queue is full, and then nothing of the request is written. An owner may have no more
   *   events in the queue than there is room left
   */
  writeAll(requests: readonly PublishRequest[]): (Promise<Sequences> | undefined)[] {
    const written = requests.map((request) => this.#enqueue(request));
    if (!this.#isCommitting) this.#commitAll();
    return written;
  }

  #enqueue({ events, owner }: PublishRequest): Promise<Sequences> | undefined {
    if (!isWholeBatch(events, 1)) {
      return Promise.reject(
        new Error('the ends of the events do not divide their keys and frames'),
      );
    }
    const length = countOf(events);
    const bytes = Buffer.byteLength(events.frames);
    const own = this.#byOwner.get(owner);
    if (this.#queue.length > 0) {
      const all = this.#all;
      const isWithinShares =
        isWithinShare(length, all.events, MAX_QUEUED_EVENTS, () => own?.events ?? 0) &&
        isWithinShare(bytes, all.bytes, MAX_QUEUED_BYTES, () => own?.bytes ?? 0);
      if (!isWithinShares) return undefined;
    }
    if (!this.#memory.reserve(bytes)) return undefined;
    const written = new Promise<Sequences>((resolve, reject) => {
      this.#queue.push({ events, owner, bytes, resolve, reject });
    });
    this.#all.events += length;
    this.#all.bytes += bytes;
    this.#noteQueued(this.#all.events, this.#all.bytes);
    if (own === undefined) {
      this.#byOwner.set(owner, { events: length, bytes });
    } else {
      own.events += length;
      own.bytes += bytes;
    }
    return written;
  }

  /** Commits until the queue is empty. */
  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      const startedAt = Date.now();
      await this.#commitBatch(batch);
      this.#memory.release(batch.reduce((sum, { bytes }) => sum + bytes, 0));
      // A request that comes alone costs no timer.
      if (batch.length === 1 && this.#queue.length === 0) break;
      if (!this.#isDeliveryCostly()) continue;
      // The clock stands still during a turn of the event loop, so the time can be read only after it.
      await scheduler.wait(0);
      // More events are on their way through the Worker. A short wait for them saves more than it costs.
      const linger = Math.min((Date.now() - startedAt) / LINGER_DIVISOR, FLUSH_LINGER_MS);
      if (linger >= 1) await scheduler.wait(linger);
    }
    this.#isCommitting = false;
  }

  /** Takes the oldest requests off the queue: as many as are committed together, and at least one. */
  #nextBatch(): readonly Queued[] {
    let requests = 0;
    let sum = 0;
    for (const { bytes } of this.#queue) {
      sum += bytes;
      if (requests > 0 && sum > MAX_COMMITTED_BYTES) break;
      requests++;
    }
    const batch = this.#queue.splice(0, requests);
    for (const queued of batch) this.#subtract(queued);
    return batch;
  }

  #subtract({ events, owner, bytes }: Queued): void {
    const length = countOf(events);
    this.#all.events -= length;
    this.#all.bytes -= bytes;
    const own = this.#byOwner.get(owner);
    if (own === undefined) return;
    own.events -= length;
    own.bytes -= bytes;
    if (own.events === 0) this.#byOwner.delete(owner);
  }

  /** If a batch fails, its requests are committed one by one, so that one does not fail the others. */
  async #commitBatch(batch: readonly Queued[]): Promise<void> {
    try {
      const sequences = await this.#commit(batch.map(({ events }) => events));
      for (const [index, { resolve }] of batch.entries()) resolve(sequences[index] ?? []);
    } catch (error) {
      if (batch.length === 1) for (const { reject } of batch) reject(error);
      else for (const queued of batch) await this.#commitBatch([queued]);
    }
  }
}
