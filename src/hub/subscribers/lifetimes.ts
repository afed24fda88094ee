/**
 * Closes subscriptions that have reached their longest lifetime. A client that has stalled costs memory while its socket
 * is open, and nothing shows that it has. So no socket stays open for ever.
 *
 * Each socket is tagged with the hour in which it was accepted. So one row per hour is stored, not one per socket.
 */
import type { AlarmTask } from '../../objects/alarms.ts';
import { MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { SocketCloser } from './socket-closer.ts';

const HOUR_MS = 60 * 60 * 1000;

export class Lifetimes implements AlarmTask {
  readonly #sql: SqlStorage;
  readonly #closer: SocketCloser;
  #oldest: number | undefined;
  /** The last hour that was stored. */
  #stored: number | undefined;

  constructor(sql: SqlStorage, closer: SocketCloser) {
    this.#sql = sql;
    this.#closer = closer;
  }

  /** The tag of a socket that is accepted now. */
  tagAt(now: number): string {
    const hour = Math.floor(now / HOUR_MS);
    if (this.#stored !== hour) {
      this.#sql.exec(
        'INSERT INTO socket_hours (hour) VALUES (?) ON CONFLICT (hour) DO NOTHING',
        hour,
      );
      this.#stored = hour;
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
    for (const { hour } of ended) {
      this.#closer.closeTagged(tagOf(hour), 'lifetime', CLOSE_CODES.tryAgainLater, 'resume');
    }
  }
}

function tagOf(hour: number): string {
  return `hour ${hour}`;
}
