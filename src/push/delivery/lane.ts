/**
 * What a destination has read of one source and not settled yet: events that wait for a batch, and the batches that were begun,
 * in order. The position of the source moves when the first batches are settled.
 */

import { type BatchLimits, isFull, nextBatch } from '../../destination/batching.ts';
import type { OutgoingEvent } from '../../destination/outgoing.ts';
import { ok, type Result } from '../../lib/result.ts';
import {
  type Place,
  placeAfter,
  type ReadingFailure,
  type ReadPart,
} from '../reading/read-part.ts';
import type { PlannedBatch } from './backlog.ts';
import { MAX_LANE_EVENTS } from './limits.ts';

/** What a lane needs of `Reading`. */
export interface LaneReading {
  read(
    source: string,
    after: Place | undefined,
    maxEvents: number,
    maxBytes: number,
  ): Promise<Result<ReadPart, ReadingFailure>>;
  allowed(events: readonly OutgoingEvent[]): Promise<Result<OutgoingEvent[], ReadingFailure>>;
  settle(part: ReadPart, count: number, wasSent: boolean): boolean;
  keepEnd(source: string): void;
}

/** Why a lane cannot go on. `rights`: no other lane can, either. */
export interface LaneFailure extends ReadingFailure {
  readonly concerns: 'source' | 'rights';
}

/** Up to where something goes: the first `count` events of a part, or all of it. */
interface End {
  readonly part: ReadPart;
  readonly count: number;
}

interface Item {
  readonly event: OutgoingEvent;
  /** The sequence of the place before the event. */
  readonly before: number;
  /** After the event, and after those that follow it and are not sent. */
  end: End;
}

/** A batch that was begun. */
export class Batch {
  readonly lane: Lane;
  readonly items: readonly Item[];
  state: 'waiting' | 'under_way' | 'settled' = 'waiting';
  attempts = 0;
  firstAt = 0;
  retryAt = 0;
  wasSent = false;

  constructor(lane: Lane, items: readonly Item[]) {
    this.lane = lane;
    this.items = items;
  }

  get events(): OutgoingEvent[] {
    return this.items.map(({ event }) => event);
  }

  get epoch(): string {
    return this.items[0]?.end.part.epoch ?? '';
  }

  get plan(): PlannedBatch {
    const { attempts, firstAt, retryAt } = this;
    const end = this.items.at(-1)?.end;
    const through = end === undefined ? 0 : placeAfter(end.part, end.count).sequence;
    const isSettled = this.state === 'settled';
    return { epoch: this.epoch, through, isSettled, attempts, firstAt, retryAt };
  }
}

export class Lane {
  readonly source: string;
  readonly #reading: LaneReading;
  #pending: Item[] = [];
  #batches: Batch[] = [];
  #part: ReadPart | undefined;
  /** Whether there is more since the last part was read. */
  #isTold = false;
  /** Until when the events wait for others; 0 if they do not. Unix milliseconds. */
  #readyAt = 0;

  constructor(source: string, reading: LaneReading) {
    this.source = source;
    this.#reading = reading;
  }

  /** Those that are not settled, and those after them. */
  get batches(): readonly Batch[] {
    return this.#batches;
  }

  get plans(): PlannedBatch[] {
    return this.#batches.map(({ plan }) => plan);
  }

  /** Whether all that was read is settled. */
  get isEmpty(): boolean {
    return this.#pending.length === 0 && this.#batches.length === 0;
  }

  /** When there may be another batch. Unix milliseconds. */
  get dueAt(): number {
    return this.#isTold ? 0 : this.#readyAt;
  }

  /** Characters that it has in memory. */
  get size(): number {
    return this.#pending.reduce((sum, { event }) => sum + event.json.length, 0);
  }

  /** The source has something new. */
  tell(): void {
    this.#isTold = true;
  }

  /** Begins the next batch, reading what it takes. @returns undefined if there is none now */
  async begin(
    limits: BatchLimits,
    now: number,
    isOver: () => boolean,
  ): Promise<Result<Batch | undefined, LaneFailure>> {
    while (this.#hasMore && !this.#isFull(limits)) {
      const failure = await this.#read(limits.maxBytes);
      if (failure !== undefined) return { ok: false, failure };
      if (isOver()) return ok(undefined);
    }
    this.#readyAt = 0;
    if (this.#pending.length === 0) return ok(undefined);
    const together = this.#together;
    const maxWaitMs = together.length < this.#pending.length ? 0 : limits.maxWaitMs;
    const next = nextBatch(together, { ...limits, maxWaitMs }, now);
    if ('count' in next) return ok(this.#take(next.count));
    this.#readyAt = next.readyAt;
    return ok(undefined);
  }

  /** Makes batches that were begun before again. One that has become larger, as more is allowed now, becomes several. */
  async restore(
    plan: readonly PlannedBatch[],
    limits: BatchLimits,
  ): Promise<LaneFailure | undefined> {
    const through = plan.at(-1)?.through ?? 0;
    while ((this.#pending.at(-1)?.before ?? 0) < through && this.#hasMore) {
      const failure = await this.#read(limits.maxBytes);
      if (failure !== undefined) return failure;
      // Another journal: what was begun is not in it.
      if (this.#part?.epoch !== plan[0]?.epoch) return undefined;
    }
    for (const { through: end, epoch, isSettled, ...tries } of plan) {
      const count = this.#pending.findIndex(
        ({ before, end: { part } }) => before >= end || part.epoch !== epoch,
      );
      let left = count === -1 ? this.#pending.length : count;
      while (left > 0) {
        const events = this.#together.slice(0, left);
        const next = nextBatch(events, { ...limits, maxWaitMs: 0 }, 0);
        const batch = this.#take(isSettled || !('count' in next) ? left : next.count);
        if (batch === undefined) break;
        left -= batch.items.length;
        Object.assign(batch, tries);
        if (isSettled) this.settle(batch, true);
      }
    }
    return undefined;
  }

  /** A batch has failed, and is tried again at this time. At most one row. Unix milliseconds */
  wait(batch: Batch, at: number): void {
    batch.state = 'waiting';
    batch.retryAt = at;
    this.#reading.keepEnd(this.source);
  }

  /** Two batches in place of one. The first has `count` events. */
  split(batch: Batch, count: number): void {
    const parts = [batch.items.slice(0, count), batch.items.slice(count)];
    const batches = parts.map((items) => new Batch(this, items));
    this.#batches = this.#batches.flatMap((each) => (each === batch ? batches : [each]));
  }

  /** A batch was delivered, given up, or has nothing left. At most one row. @param wasSent whether there was an attempt */
  settle(batch: Batch, wasSent: boolean): void {
    batch.state = 'settled';
    batch.wasSent = wasSent;
    const first = this.#batches.findIndex(({ state }) => state !== 'settled');
    const settled = this.#batches.splice(0, first === -1 ? this.#batches.length : first);
    const end = settled.at(-1)?.items.at(-1)?.end;
    if (end === undefined) return;
    this.#reading.settle(
      end.part,
      end.count,
      settled.some((each) => each.wasSent),
    );
  }

  /** Those that may be in one batch: of one hub, and of one journal. */
  get #together(): OutgoingEvent[] {
    const [first] = this.#pending;
    const other = this.#pending.findIndex(
      ({ event, end: { part } }) =>
        event.hub !== first?.event.hub || part.epoch !== first.end.part.epoch,
    );
    const items = other === -1 ? this.#pending : this.#pending.slice(0, other);
    return items.map(({ event }) => event);
  }

  #isFull(limits: BatchLimits): boolean {
    const together = this.#together;
    return together.length < this.#pending.length || isFull(together, limits);
  }

  get #hasMore(): boolean {
    return this.#part === undefined || !this.#part.isEnd || this.#isTold;
  }

  #take(count: number): Batch | undefined {
    if (count === 0) return undefined;
    const batch = new Batch(this, this.#pending.splice(0, count));
    this.#batches.push(batch);
    return batch;
  }

  async #read(maxBytes: number): Promise<LaneFailure | undefined> {
    const before = this.#part;
    const after = before && placeAfter(before, before.events.length);
    this.#isTold = false;
    const part = await this.#reading.read(this.source, after, MAX_LANE_EVENTS, maxBytes);
    if (!part.ok) return this.#failed({ ...part.failure, concerns: 'source' });
    const allowed = await this.#reading.allowed(part.value.events);
    if (!allowed.ok) return this.#failed({ ...allowed.failure, concerns: 'rights' });
    this.#add(part.value, new Set(allowed.value));
    return undefined;
  }

  /** What was not taken is read again. */
  #failed(failure: LaneFailure): LaneFailure {
    this.#isTold = true;
    return failure;
  }

  #add(part: ReadPart, allowed: ReadonlySet<OutgoingEvent>): void {
    this.#part = part;
    let last = this.#pending.at(-1) ?? this.#batches.at(-1)?.items.at(-1);
    for (const [index, event] of part.events.entries()) {
      const end = { part, count: index + 1 };
      if (allowed.has(event)) {
        last = { event, before: part.before[index] ?? 0, end };
        this.#pending.push(last);
      } else if (last !== undefined) last.end = end;
    }
    const end = { part, count: part.events.length };
    if (last === undefined) this.#reading.settle(end.part, end.count, false);
    else last.end = end;
  }
}
