/** The lanes of all sources: which batch is next. The sources take turns, so that a busy one keeps no other waiting. */

import type { BatchLimits } from '../../destination/batching.ts';
import type { Backlog, PlannedBatch, Plans } from './backlog.ts';
import { Holds } from './holds.ts';
import { type Batch, Lane, type LaneFailure, type LaneReading } from './lane.ts';
import { MAX_HELD_CHARACTERS } from './limits.ts';

/** Whom to ask for what the policies allow. No source is called so. */
const RIGHTS = 'rights';

export interface LanesReading extends LaneReading {
  withNews(): string[];
}

/** When something may go on, in Unix milliseconds. */
interface Times {
  isOver(): boolean;
}

export class Lanes {
  readonly holds = new Holds();
  readonly #reading: LanesReading;
  readonly #backlog: Backlog;
  #lanes = new Map<string, Lane>();
  /** The source that had its turn last. */
  #turn = '';

  constructor(reading: LanesReading, backlog: Backlog) {
    this.#reading = reading;
    this.#backlog = backlog;
  }

  /** All that is begun and not settled, in memory or not. */
  get plans(): Plans {
    const ofLanes = [...this.#lanes].map(([source, { plans }]) => [source, plans] as const);
    return new Map([...this.#backlog.plans, ...ofLanes.filter(([, plans]) => plans.length > 0)]);
  }

  /** Before this time no batch is sent, because one has failed, or nobody says what the policies allow; 0 if none has. */
  get blockedUntil(): number {
    return Math.max(this.retryAt, this.holds.until(RIGHTS));
  }

  /** When the receiver is tried again after a failure; 0 if the last attempt at each batch succeeded, or is under way. */
  get retryAt(): number {
    const planned = [...this.#backlog.plans.values()].flat();
    const waiting = this.#begun.filter(({ state }) => state === 'waiting');
    return [...planned, ...waiting].reduce((latest, { retryAt }) => Math.max(latest, retryAt), 0);
  }

  /** When there may be a batch; Infinity if nothing is known to be new. */
  get dueAt(): number {
    const { plans } = this.#backlog;
    let due = Number.POSITIVE_INFINITY;
    for (const source of [...plans.keys(), ...this.#sources]) {
      due = Math.min(due, this.#dueAt(source));
    }
    return Math.max(due, this.blockedUntil);
  }

  /** A source has something new. */
  tell(source: string): void {
    this.#lanes.get(source)?.tell();
  }

  /** Whether a batch is still one that may be sent. */
  has(batch: Batch): boolean {
    return batch.state === 'waiting' && this.#lanes.get(batch.lane.source) === batch.lane;
  }

  /**
   * The next batch: one that was begun before, or the first one of the source whose turn it is. Reads what it takes.
   *
   * @param maxBegun the most batches that are begun and not settled
   * @returns undefined if there is none now
   */
  async next(limits: BatchLimits, maxBegun: number, { isOver }: Times): Promise<Batch | undefined> {
    this.#forgetSettled();
    await this.#restore(limits);
    if (isOver()) return undefined;
    const again = this.#begun.find(({ state }) => state === 'waiting');
    if (again !== undefined) return again;
    if (this.#begun.length >= maxBegun) return undefined;
    for (const source of this.#inTurn(this.#sources)) {
      const now = Date.now();
      if (isOver() || now < this.holds.until(RIGHTS)) return undefined;
      // What was begun of it could not be made again, and goes first.
      if (now < this.#dueAt(source) || this.#backlog.plans.has(source)) continue;
      this.#turn = source;
      const lane = this.#laneOf(source);
      const isCrowded = this.#makeRoom(lane);
      const asked = isCrowded ? { ...limits, maxWaitMs: 0 } : limits;
      const begun = await lane.begin(asked, now, isOver);
      if (!begun.ok) this.#failed(source, begun.failure);
      else this.#answered(source);
      if (this.#lanes.get(source) === lane && lane.isEmpty) this.#lanes.delete(source);
      if (begun.ok && begun.value !== undefined) return begun.value;
    }
    return undefined;
  }

  /** Forgets what was read. What was begun is made again. */
  park(): void {
    this.#backlog.park(this.plans);
    this.#lanes = new Map();
  }

  /** Forgets what was begun, too. */
  forget(): void {
    this.#lanes = new Map();
    this.#backlog.clear();
    this.holds.clear();
  }

  /** What has failed may be tried again now. @param isNew whether its attempts count no more */
  release(isNew: boolean): void {
    const released = { ...(isNew && { attempts: 0, firstAt: 0 }) };
    // Above 0: it has failed.
    for (const batch of this.#begun) {
      if (batch.retryAt === 0) continue;
      Object.assign(batch, released, { retryAt: 1 });
      // The attempt may fail after this, and the next one is the first then.
      if (isNew && batch.state === 'under_way') batch.firstAt = Date.now();
    }
    const plans = [...this.#backlog.plans].map(([source, plan]) => {
      const each = ({ ...batch }: PlannedBatch) =>
        batch.retryAt > 0 ? { ...batch, ...released, retryAt: 1 } : batch;
      return [source, plan.map(each)] as const;
    });
    this.#backlog.park(new Map(plans));
    this.#backlog.store(this.plans);
  }

  /** Nobody says what the policies allow. */
  rightsFailed(message: string): void {
    this.holds.failed(RIGHTS, message, Date.now());
  }

  get #begun(): Batch[] {
    return [...this.#lanes.values()].flatMap(({ batches }) => batches);
  }

  get #sources(): string[] {
    const unsettled = [...this.#lanes].filter(([, { isEmpty }]) => !isEmpty);
    return [...new Set([...this.#reading.withNews(), ...unsettled.map(([source]) => source)])];
  }

  #dueAt(source: string): number {
    return Math.max(this.holds.until(source), this.#lanes.get(source)?.dueAt ?? 0);
  }

  /** Those after the one that had its turn last come first. */
  #inTurn(sources: readonly string[]): string[] {
    const next = sources.indexOf(this.#turn) + 1;
    return [...sources.slice(next), ...sources.slice(0, next)];
  }

  #laneOf(source: string): Lane {
    const lane = this.#lanes.get(source) ?? new Lane(source, this.#reading);
    this.#lanes.set(source, lane);
    return lane;
  }

  /** Makes the batches again that are not in memory. */
  async #restore(limits: BatchLimits): Promise<void> {
    for (const [source, plan] of this.#backlog.plans) {
      if (Date.now() < this.holds.until(source)) continue;
      const lane = new Lane(source, this.#reading);
      this.#lanes.set(source, lane);
      const failure = await lane.restore(plan, limits);
      // The positions have changed meanwhile.
      if (this.#lanes.get(source) !== lane) return;
      if (failure === undefined) this.#backlog.take(source);
      else {
        this.#lanes.delete(source);
        this.#failed(source, failure);
      }
    }
  }

  /** Each would keep the last part that it read. What is new of its source is known without it. */
  #forgetSettled(): void {
    for (const [source, lane] of this.#lanes) {
      if (lane.isEmpty) this.#lanes.delete(source);
    }
  }

  /** @returns whether there is more in memory than there should be */
  #makeRoom(current: Lane): boolean {
    const size = [...this.#lanes.values()].reduce((sum, lane) => sum + lane.size, 0);
    if (size <= MAX_HELD_CHARACTERS) return false;
    for (const [source, lane] of this.#lanes) {
      if (lane !== current && lane.batches.length === 0) this.#lanes.delete(source);
    }
    return true;
  }

  #answered(source: string): void {
    this.holds.answered(source);
    this.holds.answered(RIGHTS);
  }

  #failed(source: string, { concerns, message }: LaneFailure): void {
    if (concerns === 'rights') this.rightsFailed(message);
    else this.holds.failed(source, message, Date.now());
  }
}
