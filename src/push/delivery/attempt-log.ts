/**
 * The last attempts of a destination, in a ring, and what it has counted. Each row also has the totals up to its attempt, so an
 * attempt costs one row.
 */

import { MAX_STORED_ATTEMPTS } from '../../destination/limits.ts';
import type { Attempt } from '../../objects/destination-contract.ts';

/** Since the destination was created. */
export interface Totals {
  /** Unix milliseconds. */
  readonly lastSuccessAt?: number;
  /** Attempts that failed since then. */
  readonly failures: number;
  /** Whether it was published that it is failing, since then. */
  readonly isFailureTold: boolean;
  /** Events. */
  readonly delivered: number;
  readonly deadLettered: number;
  readonly gaps: number;
}

const NONE: Totals = { failures: 0, isFailureTold: false, delivered: 0, deadLettered: 0, gaps: 0 };

interface Last {
  /** Counted from 1; 0 if there was none. */
  readonly number: number;
  readonly totals: Totals;
}

type AttemptRow = {
  readonly at: number;
  readonly batch: string;
  readonly attempt: number;
  readonly events: number;
  readonly result: string;
  readonly status: number | null;
  readonly duration_ms: number;
  readonly answer: string;
};

export class AttemptLog {
  readonly #sql: SqlStorage;
  #last: Last | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get totals(): Totals {
    return this.#known.totals;
  }

  /** Stores an attempt in the place of the oldest one. @param totals with this attempt */
  record(attempt: Attempt, totals = this.totals): void {
    const number = this.#known.number + 1;
    const { at, batch, events, result, status = null, durationMs, answer } = attempt;
    this.#sql.exec(
      `INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (slot) DO UPDATE SET number = excluded.number, at = excluded.at, batch = excluded.batch,
         attempt = excluded.attempt, events = excluded.events, result = excluded.result, status = excluded.status,
         duration_ms = excluded.duration_ms, answer = excluded.answer, totals = excluded.totals`,
      number % MAX_STORED_ATTEMPTS,
      number,
      at,
      batch,
      attempt.attempt,
      events,
      result,
      status,
      durationMs,
      answer,
      JSON.stringify(totals),
    );
    this.#last = { number, totals };
  }

  /** Counts something after the last attempt. */
  amend(totals: Totals): void {
    const { number } = this.#known;
    this.#sql.exec(
      'UPDATE attempts SET totals = ? WHERE slot = ?',
      JSON.stringify(totals),
      number % MAX_STORED_ATTEMPTS,
    );
    this.#last = { number, totals };
  }

  /** To be called if a change was rolled back. */
  forget(): void {
    this.#last = undefined;
  }

  /** The newest first. */
  list(): Attempt[] {
    const rows = this.#sql.exec<AttemptRow>(
      'SELECT at, batch, attempt, events, result, status, duration_ms, answer FROM attempts ORDER BY number DESC',
    );
    return Array.from(rows, ({ result, status, duration_ms: durationMs, ...row }) => ({
      ...row,
      result: result as Attempt['result'],
      ...(status !== null && { status }),
      durationMs,
    }));
  }

  get #known(): Last {
    this.#last ??= this.#read();
    return this.#last;
  }

  #read(): Last {
    const [row] = this.#sql
      .exec<{ number: number; totals: string }>(
        'SELECT number, totals FROM attempts ORDER BY number DESC LIMIT 1',
      )
      .toArray();
    if (row === undefined) return { number: 0, totals: NONE };
    return { number: row.number, totals: JSON.parse(row.totals) };
  }
}
