/**
 * Closes subscriptions that have reached their longest lifetime. A client that has stalled costs memory while its socket
 * is open, and nothing shows that it has. So no socket stays open for ever.
 *
 * The end of each socket is random, so that subscribers that reconnected together after a deploy do not reconnect together
 * each day. It is a tag of the socket, rounded to a few minutes, so that one row is stored for all sockets that end
 * together.
 */
import type { AlarmTask } from '../../objects/alarms.ts';
import { MAX_SUBSCRIPTION_MS, MIN_SUBSCRIPTION_MS } from '../../objects/limits.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { SocketCloser } from './socket-closer.ts';

/** Ends are rounded down to this. Each costs two rows and an alarm. */
const END_STEP_MS = 5 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;

export class Lifetimes implements AlarmTask {
  readonly #sql: SqlStorage;
  readonly #closer: SocketCloser;
  /** The ends that are stored; undefined until they were read. */
  #ends: Set<number> | undefined;
  #nextDue: number | undefined;

  constructor(sql: SqlStorage, closer: SocketCloser) {
    this.#sql = sql;
    this.#closer = closer;
  }

  /**
   * The tag of a socket that is accepted now.
   *
   * @param shownAt when its client showed its token, or a ticket, last: a lease does not prolong a subscription
   */
  tagAt(now: number, shownAt = now): string {
    // Rounded down, it is still in the future.
    const earliest = Math.max(now + 2 * END_STEP_MS, shownAt + MIN_SUBSCRIPTION_MS);
    const end = earliest + Math.random() * (shownAt + MAX_SUBSCRIPTION_MS - earliest);
    const endsAt = Math.floor(end / END_STEP_MS) * END_STEP_MS;
    const ends = this.#storedEnds();
    if (!ends.has(endsAt)) {
      this.#sql.exec('INSERT INTO socket_ends (ends_at) VALUES (?)', endsAt);
      ends.add(endsAt);
      this.#nextDue = undefined;
    }
    return endTagOf(endsAt);
  }

  nextDue(): number {
    this.#nextDue ??= Math.min(...this.#storedEnds(), endOfHour(this.#oldestHour()));
    return this.#nextDue;
  }

  run(now: number): void {
    const ended = this.#sql
      .exec<{ ends_at: number }>(
        'DELETE FROM socket_ends WHERE ends_at <= ? RETURNING ends_at',
        now,
      )
      .toArray();
    const hours = this.#sql
      .exec<{ hour: number }>(
        'DELETE FROM socket_hours WHERE (hour + 1) * ? + ? <= ? RETURNING hour',
        HOUR_MS,
        MAX_SUBSCRIPTION_MS,
        now,
      )
      .toArray();
    this.#ends = undefined;
    this.#nextDue = undefined;
    for (const { ends_at } of ended) this.#close(endTagOf(ends_at));
    for (const { hour } of hours) this.#close(hourTagOf(hour));
  }

  #close(tag: string): void {
    this.#closer.closeTagged(tag, 'lifetime', CLOSE_CODES.tryAgainLater, 'resume');
  }

  #storedEnds(): Set<number> {
    this.#ends ??= new Set(
      this.#sql
        .exec<{ ends_at: number }>('SELECT ends_at FROM socket_ends')
        .toArray()
        .map(({ ends_at }) => ends_at),
    );
    return this.#ends;
  }

  #oldestHour(): number | null {
    return this.#sql
      .exec<{ oldest: number | null }>('SELECT MIN(hour) AS oldest FROM socket_hours')
      .one().oldest;
  }
}

function endTagOf(endsAt: number): string {
  return `ends ${endsAt}`;
}

/** The tag of a socket that release 0.2 accepted in this hour. */
function hourTagOf(hour: number): string {
  return `hour ${hour}`;
}

function endOfHour(hour: number | null): number {
  return hour === null ? Number.POSITIVE_INFINITY : (hour + 1) * HOUR_MS + MAX_SUBSCRIPTION_MS;
}
