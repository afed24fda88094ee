/** Carries out what follows an attempt: what is stored, counted and published. */

import {
  type AfterAttempt,
  afterAttempt,
  type GiveUpReason,
} from '../../destination/after-attempt.ts';
import { FAILING_AFTER } from '../../destination/limits.ts';
import type { Outcome, OutgoingEvent } from '../../destination/outgoing.ts';
import type { Timing } from '../../destination/retry-schedule.ts';
import { type Concerned, failingEvent } from '../../destination/server-events.ts';
import type { DestinationSettings } from '../../destination/settings.ts';
import { GAP_TYPE } from '../../event/reserved-type.ts';
import { logError } from '../../lib/log.ts';
import type { DestinationCounts } from '../../metrics/destination-metrics.ts';
import { messageOf } from '../../objects/storage-failure.ts';
import type { AttemptLog, Totals } from './attempt-log.ts';
import type { Backlog } from './backlog.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Batch } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { Sent } from './sender.ts';
import { publishServerEvents } from './server-publisher.ts';
import type { PauseReason, StoredSettings } from './stored-settings.ts';

/** What is held if dead letters cannot be stored. */
const DEAD_LETTERS = 'dead letters';

const COUNTED = {
  delivered: 'attemptsDelivered',
  failed: 'attemptsFailed',
  gone: 'attemptsGone',
  too_large: 'attemptsTooLarge',
} as const satisfies Record<Outcome['result'], keyof DestinationCounts>;

interface SettlementParts {
  readonly env: Env;
  readonly storage: Pick<DurableObjectStorage, 'transactionSync'>;
  readonly namespaceKey: string;
  readonly concerned: Concerned;
  readonly settings: StoredSettings;
  readonly log: AttemptLog;
  readonly backlog: Backlog;
  readonly lanes: Lanes;
  readonly deadLetters: DeadLetters;
  readonly counts: DestinationCounts;
  readonly timing: Timing;
  /** To be called if a change was rolled back. */
  forget(): void;
  /** Whether the destination was deleted: then nothing is stored. */
  isOver(): boolean;
}

export class Settlement {
  readonly #parts: SettlementParts;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /**
   * @param events those of the batch that were sent
   * @param told the settings by which they were
   */
  async after(
    batch: Batch,
    events: readonly OutgoingEvent[],
    { outcome, attempt }: Sent,
    told: DestinationSettings,
  ): Promise<void> {
    const { log, counts, timing } = this.#parts;
    counts[COUNTED[outcome.result]]++;
    const now = Date.now();
    const next = afterAttempt(
      outcome,
      batch.items.length,
      batch,
      told,
      timing.retryDelaysMs,
      now,
      Math.random(),
    );
    const before = log.totals;
    const totals = totalsAfter(before, outcome.result, events, now);
    this.#store(batch, next, now, () => log.record(attempt, totals));
    counts.delivered += totals.delivered - before.delivered;
    counts.gaps += totals.gaps - before.gaps;
    await this.#tellFailures(attempt.at, outcome.status);
    if (next.next !== 'give_up' || this.#parts.isOver()) return;
    await this.#giveUp(batch, events, next.reason, outcome.status, told);
  }

  /** Nothing of the batch may be sent any more. */
  skip(batch: Batch): void {
    this.#inOneWrite(() => batch.lane.settle(batch, false));
  }

  #store(batch: Batch, after: AfterAttempt, now: number, record: () => void): void {
    this.#inOneWrite(() => {
      record();
      switch (after.next) {
        case 'settle':
          return batch.lane.settle(batch, true);
        case 'retry':
          return batch.lane.wait(batch, after.at);
        case 'split':
          return batch.lane.split(batch, after.count);
        case 'pause':
          return this.#pause(batch, 'gone');
        case 'give_up':
          // It is still under way: it becomes a dead letter.
          batch.retryAt = now;
      }
    });
  }

  async #giveUp(
    batch: Batch,
    events: readonly OutgoingEvent[],
    reason: GiveUpReason,
    status: Outcome['status'],
    { deadLetter }: DestinationSettings,
  ): Promise<void> {
    const { log, lanes, deadLetters, counts } = this.#parts;
    if (deadLetter.kind === 'pause') {
      return this.#inOneWrite(() => this.#pause(batch, 'undelivered'));
    }
    const { attempts, epoch } = batch;
    try {
      await deadLetters.store(events, epoch, deadLetter, { reason, attempts, status });
    } catch (error) {
      if (this.#parts.isOver()) return;
      logError('what a destination could not deliver is not stored yet', error);
      const { retryDelaysMs } = this.#parts.timing;
      const now = Date.now();
      lanes.holds.failed(
        DEAD_LETTERS,
        `what it gives up cannot be stored: ${messageOf(error)}`,
        now,
      );
      return this.#inOneWrite(() => batch.lane.wait(batch, now + (retryDelaysMs[0] ?? 0)));
    }
    if (this.#parts.isOver()) return;
    lanes.holds.answered(DEAD_LETTERS);
    counts.deadLettered += events.length;
    const { totals } = log;
    this.#inOneWrite(() => {
      log.amend({ ...totals, deadLettered: totals.deadLettered + events.length });
      batch.lane.settle(batch, true);
    });
  }

  #pause(batch: Batch, reason: PauseReason): void {
    batch.lane.wait(batch, Date.now());
    this.#parts.settings.pause(reason);
  }

  async #tellFailures(at: number, status: Outcome['status']): Promise<void> {
    const { env, namespaceKey, concerned, log, isOver } = this.#parts;
    const { failures, isFailureTold } = log.totals;
    if (failures < FAILING_AFTER || isFailureTold || isOver()) return;
    try {
      const event = failingEvent(
        `${concerned.name}-${at}`,
        concerned,
        failures,
        status,
        Date.now(),
      );
      await publishServerEvents(env, namespaceKey, [event]);
      if (!isOver() && log.totals.failures > 0) log.amend({ ...log.totals, isFailureTold: true });
    } catch (error) {
      logError('it was not published that a destination is failing', error);
    }
  }

  #inOneWrite(write: () => void): void {
    const { storage, backlog, lanes, forget } = this.#parts;
    try {
      storage.transactionSync(() => {
        write();
        backlog.store(lanes.plans);
      });
    } catch (error) {
      forget();
      throw error;
    }
  }
}

function totalsAfter(
  totals: Totals,
  result: Outcome['result'],
  events: readonly OutgoingEvent[],
  now: number,
): Totals {
  // A receiver that takes fewer events at a time is not failing.
  if (result === 'too_large') return totals;
  if (result !== 'delivered') return { ...totals, failures: totals.failures + 1 };
  const gaps = events.filter(({ event }) => event.event_type === GAP_TYPE).length;
  return {
    ...totals,
    lastSuccessAt: now,
    failures: 0,
    isFailureTold: false,
    delivered: totals.delivered + events.length - gaps,
    gaps: totals.gaps + gaps,
  };
}
