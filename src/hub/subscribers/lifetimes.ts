/**
 * How long a subscription lasts at most. A reader that has stalled without a word costs memory for as long
 * as its socket is open, and nothing can be seen of it; so no socket is open for ever.
 *
 * Sockets are told apart by the hour in which they came, which is a tag: a row an hour, not one a socket.
 */
import { MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';

const HOUR_MS = 60 * 60 * 1000;

export class Lifetimes {
  readonly #sql: SqlStorage;
  readonly #end: (tag: string) => void;
  #oldest: number | undefined;
  /** The last hour that was noted. */
  #noted: number | undefined;

  /** @param end closes the sockets with a tag */
  constructor(sql: SqlStorage, end: (tag: string) => void) {
    this.#sql = sql;
    this.#end = end;
  }

  /** The tag for a socket that comes now. */
  tagAt(now: number): string {
    const hour = Math.floor(now / HOUR_MS);
    if (this.#noted !== hour) {
      this.#sql.exec(
        'INSERT INTO socket_hours (hour) VALUES (?) ON CONFLICT (hour) DO NOTHING',
        hour,
      );
      this.#noted = hour;
      this.#oldest = undefined;
    }
    return tagOf(hour);
  }

  nextDue(): number {
    this.#oldest ??=
      this.#sql
        .exec<{ oldest: number | null }>('SELECT MIN(hour) AS oldest FROM socket_hours')
        .one().oldest ?? Number.POSITIVE_INFINITY;
    return (this.#oldest + 1) * HOUR_MS + MAX_SUBSCRIPTION_MS;
  }

  run(now: number): void {
    const ended = this.#sql
      .exec<{ hour: number }>(
        'DELETE FROM socket_hours WHERE (hour + 1) * ? + ? <= ? RETURNING hour',
        HOUR_MS,
        MAX_SUBSCRIPTION_MS,
        now,
      )
      .toArray();
    this.#oldest = undefined;
    for (const { hour } of ended) this.#end(tagOf(hour));
  }
}

function tagOf(hour: number): string {
  return `hour ${hour}`;
}
