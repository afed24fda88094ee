/**
 * Tells the dispatcher of the hub's own Vault namespace that there are new events which destinations want. One call is under way;
 * the next one takes all that came meanwhile. Nobody who publishes waits for it. If nothing is wanted, there is no call and no row.
 */

import { countOf, type EventBatch } from '../../event/event-batch.ts';
import { logError } from '../../lib/log.ts';
import type { HubCounts } from '../../metrics/hub-metrics.ts';
import type { Alarms, AlarmTask } from '../../objects/alarms.ts';
import type { Announcement } from '../../objects/announcement.ts';
import type { Notice } from '../../objects/destination-contract.ts';
import type { FeedPosition } from '../../objects/hub-contract.ts';
import { MIN_JOB_BACKOFF_MS } from '../../objects/limits.ts';
import { nameForOperators } from '../../objects/names.ts';
import { isNamespaceDeleted } from '../../objects/namespace-end.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import type { Journal } from '../journal/journal.ts';
import {
  MAX_NOTICE_BACKOFF_MS,
  MAX_NOTICE_MS,
  MAX_NOTICE_TYPES,
  NOTICE_GUARD_MS,
} from '../limits.ts';
import type { Announcements } from './announcements.ts';
import { typeAt } from './event-types.ts';

/**
 * Publishers are answered before the dispatcher is told. So events that are wanted are stored with a note: the sequence before
 * them. If the sequence up to which the dispatcher was told is not above it when the hub wakes, the dispatcher is told. That is stored
 * by the alarm which an event sets, so a burst costs two rows.
 */
const NOTIFIED_KEY = 'notified';

/** In place of that sequence: the dispatcher is told, whatever the note says. */
const UNTOLD = -1;

/** The types of events that are wanted; `any` if there are too many, or nobody knows. */
type Types = ReadonlySet<string> | 'any';

const NEVER = Number.POSITIVE_INFINITY;

export interface NoticesParts {
  readonly ctx: Pick<DurableObjectState, 'waitUntil'>;
  readonly kv: Pick<DurableObjectStorage['kv'], 'get' | 'put'>;
  readonly alarms: Pick<Alarms, 'arm'>;
  readonly journal: Pick<Journal, 'note' | 'last' | 'epoch' | 'isUnused' | 'shown'>;
  readonly announcements: Announcements;
  readonly counts: Pick<HubCounts, 'noticesSent' | 'noticesFailed'>;
  /** The name of the hub. */
  readonly hub: string;
  notify(notice: Notice): Promise<void>;
}

export class Notices implements AlarmTask {
  readonly #parts: NoticesParts;
  /** What is stored, and not visible yet. */
  #appended: Types | undefined;
  /** What the dispatcher is to be told with the next call. */
  #untold: Types | undefined;
  #isCalling = false;
  /** When it is looked whether everything was told; Infinity if it was, undefined until it was looked up. */
  #guardAt: number | undefined;
  /** When a call that failed is repeated; Infinity if none failed. */
  #retryAt = NEVER;
  #backoffMs = MIN_JOB_BACKOFF_MS;
  #hasEnded = false;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  /** Whether nothing has to be told, and no call is under way. */
  get isIdle(): boolean {
    if (this.#parts.announcements.isEmpty) return !this.#isCalling;
    return this.#guardedUntil === NEVER && this.#untold === undefined && !this.#isCalling;
  }

  /** What the hub answers. What it is just storing is decided by what was announced before, so it is visible first. */
  async announce(
    dispatcher: string,
    announcement: Announcement,
  ): Promise<FeedPosition | undefined> {
    const { announcements, alarms, journal } = this.#parts;
    announcements.accept(dispatcher, announcement);
    alarms.arm();
    await journal.shown();
    return journal.isUnused ? undefined : { epoch: journal.epoch, taken: journal.last };
  }

  /** What of these events is wanted; undefined for nothing. To be called before they are stored. */
  wantedOf(requests: readonly EventBatch[]): Types | undefined {
    const { announcements } = this.#parts;
    if (announcements.isEmpty) return undefined;
    const types = new Set<string>();
    for (const events of requests) {
      for (let i = 0; i < countOf(events); i++) {
        const type = typeAt(events, i);
        if (type === undefined) return 'any';
        if (announcements.wants(type)) types.add(type);
      }
    }
    return types.size === 0 ? undefined : bounded(types);
  }

  /**
   * The note to store with events; undefined to leave the note as it is. A row that lacks a note would hide the one before.
   *
   * @param last where the journal ended before
   */
  noteAfter(last: number, wanted: Types | undefined): string | undefined {
    if (this.#parts.announcements.isEmpty) return undefined;
    // Looked up before the note is replaced.
    const isAllTold = this.#guardedUntil === NEVER;
    return wanted === undefined && isAllTold ? undefined : `${last}`;
  }

  /**
   * The hub has appended events that are wanted, in this turn. They are told whatever becomes of the object.
   *
   * @returns resolves when that is sure; undefined if it is already
   */
  guard(wanted: Types): Promise<void> | undefined {
    this.#appended = wanted;
    if (this.#guardedUntil === NEVER) this.#guardAt = Date.now() + NOTICE_GUARD_MS;
    return this.#parts.alarms.arm();
  }

  /** What was appended is visible. Waits for nothing. */
  tell(): void {
    if (this.#appended === undefined) return;
    this.#add(this.#appended);
    this.#appended = undefined;
    if (this.#retryAt === NEVER) this.#start();
  }

  /** The hub is deleted. A call that is under way is not repeated: an alarm would be all that is stored. */
  end(): void {
    this.#hasEnded = true;
  }

  nextDue(): number {
    if (this.#parts.announcements.isEmpty) return NEVER;
    return Math.min(this.#guardedUntil, this.#retryAt);
  }

  /** Waits for nothing: other tasks of the alarm are due, such as tokens that expire. */
  run(now: number): void {
    const isGuardDue = this.#guardedUntil <= now;
    if (this.#retryAt <= now) this.#retryAt = NEVER;
    if (this.#retryAt === NEVER) this.#start();
    if (isGuardDue) this.#endGuard(now);
  }

  #start(): void {
    if (this.#isCalling || this.#untold === undefined) return;
    this.#isCalling = true;
    this.#parts.ctx.waitUntil(this.#tellAll());
  }

  async #tellAll(): Promise<void> {
    const { hub, alarms } = this.#parts;
    try {
      while (this.#untold !== undefined) {
        const types = this.#untold;
        this.#untold = undefined;
        await this.#send(types);
      }
      this.#backoffMs = MIN_JOB_BACKOFF_MS;
    } catch (error) {
      if (this.#hasEnded) return;
      logError(
        `${nameForOperators(hub)} cannot tell its dispatcher of events and will later`,
        error,
      );
      this.#retryAt = Date.now() + this.#backoffMs;
      this.#backoffMs = Math.min(2 * this.#backoffMs, MAX_NOTICE_BACKOFF_MS);
      alarms.arm();
    } finally {
      this.#isCalling = false;
    }
  }

  async #send(untold: Types): Promise<void> {
    const { announcements, counts, hub } = this.#parts;
    const types = untold === 'any' ? undefined : [...untold];
    const dispatchers = announcements.wantingAny(types);
    // Nobody wants them any more.
    if (dispatchers.length === 0) return;
    try {
      await withTimeout(MAX_NOTICE_MS, this.#parts.notify({ hub, types, dispatchers }));
      counts.noticesSent++;
    } catch (error) {
      // The hub is deleted soon, too.
      if (isNamespaceDeleted(error)) return;
      counts.noticesFailed++;
      this.#add(untold);
      throw error;
    }
  }

  #add(types: Types): void {
    if (this.#untold === 'any' || types === 'any') this.#untold = 'any';
    else this.#untold = bounded(new Set([...(this.#untold ?? []), ...types]));
  }

  get #guardedUntil(): number {
    if (this.#guardAt === undefined) {
      const { note } = this.#parts.journal;
      const told = this.#parts.kv.get<number>(NOTIFIED_KEY) ?? 0;
      // A note that is damaged is no number.
      const isTold = told !== UNTOLD && (note === '' || told > Number(note));
      this.#guardAt = isTold ? NEVER : 0;
      if (!isTold) this.#add('any');
    }
    return this.#guardAt;
  }

  #endGuard(now: number): void {
    const { kv, journal } = this.#parts;
    if (this.#isCalling || this.#untold !== undefined || this.#appended !== undefined) {
      const next = now + NOTICE_GUARD_MS;
      this.#guardAt = this.#retryAt === NEVER ? next : Math.max(next, this.#retryAt);
      return;
    }
    kv.put(NOTIFIED_KEY, journal.last);
    this.#guardAt = NEVER;
  }
}

function bounded(types: ReadonlySet<string>): Types {
  return types.size > MAX_NOTICE_TYPES ? 'any' : types;
}

/** The journal has another epoch, or is at another place: the dispatcher is told soon, also if there is no event. */
export function tellDispatcherSoon({ kv }: DurableObjectStorage): void {
  kv.put(NOTIFIED_KEY, UNTOLD);
}
