/**
 * What a destination does when its alarm rings: reads what is new, and delivers it, until all is delivered, something has failed, or
 * the time of a run is over. There is never more than one run.
 *
 * An attempt that fails keeps all batches waiting, whichever hub they are of: the receiver is the same.
 */

import { batchId } from '../../destination/batch-id.ts';
import type { BatchLimits } from '../../destination/batching.ts';
import { MAX_BATCH_BYTES, MAX_QUEUE_CALL_BYTES } from '../../destination/limits.ts';
import { logError } from '../../lib/log.ts';
import type { AlarmTask } from '../../objects/alarms.ts';
import { messageOf } from '../../objects/storage-failure.ts';
import type { Batch } from './lane.ts';
import type { Lanes, LanesReading } from './lanes.ts';
import { MAX_PACE_WAIT_MS, MAX_RUN_MS } from './limits.ts';
import type { Sender } from './sender.ts';
import type { Settlement } from './settlement.ts';
import type { StoredSettings } from './stored-settings.ts';

/** What is held if an attempt cannot be stored. */
const STORAGE = 'storage';

export interface DeliveryLoopParts {
  /** The name of the object. */
  readonly destination: string;
  readonly reading: LanesReading;
  readonly lanes: Lanes;
  readonly settings: StoredSettings;
  readonly sender: Sender;
  readonly settlement: Settlement;
  isOver(): boolean;
  /** To be called after each run. */
  worked(): void;
}

export class DeliveryLoop implements AlarmTask {
  readonly #parts: DeliveryLoopParts;
  readonly #underWay = new Set<Promise<void>>();
  #isRunning = false;
  /** Whether what was read is not to be used any more. */
  #isStale = false;
  /** When the last attempt began. Unix milliseconds. */
  #startedAt = 0;
  /** Events of a batch, if the receiver did not take as many as the settings say. */
  #maxEvents = Number.POSITIVE_INFINITY;
  #wake = () => {};
  readonly #ended = Promise.withResolvers<void>();

  constructor(parts: DeliveryLoopParts) {
    this.#parts = parts;
  }

  nextDue(): number {
    const { settings, lanes, isOver } = this.#parts;
    const isIdle = isOver() || this.#isRunning || settings.paused !== undefined;
    if (isIdle) return Number.POSITIVE_INFINITY;
    return Math.max(lanes.dueAt, lanes.holds.until(STORAGE), this.#paceAt, 1);
  }

  /** A source has something new. */
  tell(source: string): void {
    this.#parts.lanes.tell(source);
    this.#wake();
  }

  /** The destination is deleted. What is under way stores nothing, and no run waits for it. */
  end(): void {
    this.#ended.resolve();
  }

  /** The settings have changed. What is under way ends as it began. */
  refresh(): void {
    this.#isStale = true;
    this.#parts.lanes.holds.clear();
    if (!this.#isRunning) this.#park();
    this.#wake();
  }

  async run(now: number): Promise<void> {
    const { lanes, isOver, worked } = this.#parts;
    this.#isRunning = true;
    this.#maxEvents = Number.POSITIVE_INFINITY;
    try {
      await Promise.race([this.#deliver(now + MAX_RUN_MS), this.#ended.promise]);
    } finally {
      this.#isRunning = false;
      if (!isOver() && (this.#isStale || lanes.retryAt > 0)) this.#park();
      worked();
    }
  }

  async #deliver(until: number): Promise<void> {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await this.#startAll(until);
      if (this.#underWay.size === 0) return;
      await Promise.race([...this.#underWay, woken]);
    }
  }

  async #startAll(until: number): Promise<void> {
    const { lanes, settings } = this.#parts;
    const isOver = () => !this.#mayStart(until);
    while (!isOver()) {
      const batch = await lanes.next(this.#limits, settings.current.concurrency, { isOver });
      const wait = Math.max(this.#paceAt - Date.now(), 0);
      if (batch === undefined || wait > MAX_PACE_WAIT_MS) return;
      if (wait > 0) await scheduler.wait(wait);
      // Something may have changed while it was read.
      if (!isOver() && lanes.has(batch)) this.#start(batch);
    }
  }

  #mayStart(until: number): boolean {
    const { settings, lanes, isOver } = this.#parts;
    const now = Date.now();
    if (isOver() || this.#isStale || settings.paused !== undefined) return false;
    const isFree = this.#underWay.size < settings.current.concurrency;
    return isFree && now < until && now >= lanes.blockedUntil && now >= lanes.holds.until(STORAGE);
  }

  get #limits(): BatchLimits {
    const { batchMaxEvents, batchMaxWaitMs, target } = this.#parts.settings.current;
    return {
      maxEvents: Math.min(batchMaxEvents, this.#maxEvents),
      // So that a batch seldom takes several calls of a queue, of which only the first may succeed.
      maxBytes: target.type === 'queue' ? MAX_QUEUE_CALL_BYTES : MAX_BATCH_BYTES,
      maxWaitMs: batchMaxWaitMs,
    };
  }

  /** Before this time the receiver wants no other attempt; 0 if it has set no rate. */
  get #paceAt(): number {
    const { paceMs = 0 } = this.#parts.settings.told.agreement ?? {};
    return paceMs === 0 ? 0 : this.#startedAt + paceMs;
  }

  #start(batch: Batch): void {
    batch.state = 'under_way';
    this.#startedAt = Date.now();
    const attempt: Promise<void> = this.#attempt(batch)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#underWay.delete(attempt));
    this.#underWay.add(attempt);
  }

  async #attempt(batch: Batch): Promise<void> {
    const { destination, reading, lanes, settings, sender, settlement, isOver } = this.#parts;
    const told = settings.current;
    // Decided again: the events may have waited.
    const allowed = await reading.allowed(batch.events);
    if (isOver()) return;
    if (!allowed.ok) {
      batch.state = 'waiting';
      return lanes.rightsFailed(allowed.failure.message);
    }
    const events = allowed.value;
    if (events.length === 0) return settlement.skip(batch);
    const id = await batchId(destination, batch.epoch, events);
    batch.attempts++;
    batch.firstAt ||= Date.now();
    const hasFailed = batch.retryAt > 0;
    const sent = await sender.send({ id, attempt: batch.attempts, events });
    if (isOver()) return;
    const { result } = sent.outcome;
    if (result === 'too_large') this.#maxEvents = Math.ceil(batch.items.length / 2);
    await settlement.after(batch, events, sent, told);
    lanes.holds.answered(STORAGE);
    // The receiver is well again.
    if (hasFailed && result === 'delivered') lanes.release(false);
  }

  /** An attempt could not be stored. It is made again, by what is stored. */
  #failed(error: unknown): void {
    if (this.#parts.isOver()) return;
    logError('what became of an attempt of a destination could not be stored', error);
    this.#isStale = true;
    this.#parts.lanes.holds.failed(STORAGE, messageOf(error), Date.now());
  }

  #park(): void {
    this.#parts.lanes.park();
    this.#isStale = false;
  }
}
