/** Readers that have fallen behind, in storage: a hub that sleeps meanwhile knows where each of them is. */
import { ACK_TIMEOUT_MS } from '../../wire/limits.ts';

/** Where a reader is that is not sent what is new. */
export interface Lag {
  /** Everything up to here was sent to it or is not for it. */
  position: number;
  /** Whether its credit is used up. */
  waiting: boolean;
  /** When it last got on. Unix milliseconds. */
  since: number;
}

export class Laggards {
  readonly #sql: SqlStorage;
  #oldest: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): Map<string, Lag> {
    const rows = this.#sql.exec<{
      reader: string;
      position: number;
      waiting: number;
      since: number;
    }>('SELECT reader, position, waiting, since FROM laggards');
    return new Map(
      rows
        .toArray()
        .map(({ reader, waiting, ...lag }) => [reader, { ...lag, waiting: waiting === 1 }]),
    );
  }

  put(reader: string, { position, waiting, since }: Lag): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO laggards (reader, position, waiting, since) VALUES (?, ?, ?, ?)',
      reader,
      position,
      Number(waiting),
      since,
    );
    this.#oldest = undefined;
  }

  delete(reader: string): void {
    this.#sql.exec('DELETE FROM laggards WHERE reader = ?', reader);
    this.#oldest = undefined;
  }

  /** Those that have not got on for as long as one is waited for. */
  overdue(now: number): string[] {
    return this.#sql
      .exec<{ reader: string }>(
        'SELECT reader FROM laggards WHERE since <= ?',
        now - ACK_TIMEOUT_MS,
      )
      .toArray()
      .map(({ reader }) => reader);
  }

  nextDue(): number {
    this.#oldest ??=
      this.#sql.exec<{ oldest: number | null }>('SELECT MIN(since) AS oldest FROM laggards').one()
        .oldest ?? Number.POSITIVE_INFINITY;
    return this.#oldest + ACK_TIMEOUT_MS;
  }
}
