/** How long to wait before the next attempt. */
import {
  MAX_BACKOFF_MS,
  MAX_SERVER_WAIT_MS,
  MAX_SPREAD_DOUBLINGS,
  MIN_BACKOFF_MS,
  STABLE_CONNECTION_MS,
} from './bounds.ts';
import type { Runtime } from './runtime.ts';

export interface BackoffBounds {
  /** The shortest wait. */
  readonly leastMs: number;
  /** The upper bound of the first wait. It doubles with each failure. */
  readonly firstMs: number;
  /** The highest upper bound. */
  readonly mostMs: number;
  /** Whether the wait begins after the time that the server asks for. If not, the longer one of the two counts. */
  readonly isAfterServerWait: boolean;
}

export const CLIENT_BACKOFF: BackoffBounds = {
  leastMs: 0,
  firstMs: MIN_BACKOFF_MS,
  mostMs: MAX_BACKOFF_MS,
  isAfterServerWait: true,
};

/** Counts the failures in a row. */
export class Backoff {
  /** Over how long the clients of the server reconnect, if all lose their connections at once. */
  spreadMs = 0;
  readonly #bounds: BackoffBounds;
  readonly #random: Runtime['random'];
  #failures = 0;

  constructor(bounds: BackoffBounds, random: Runtime['random']) {
    this.#bounds = bounds;
    this.#random = random;
  }

  /**
   * Counts a failure.
   *
   * @param serverWaitMs what the server asks to wait
   * @returns how long to wait before the next attempt
   */
  fail(serverWaitMs = 0): number {
    // A wait that the server asks for is spread already.
    const spreadMs = serverWaitMs > 0 ? 0 : this.spreadMs;
    return backoffMs(this.#bounds, this.#failures++, this.#random(), serverWaitMs, spreadMs);
  }

  succeed(): void {
    this.#failures = 0;
  }

  /** A connection has ended: it was a success if it lasted long enough. */
  disconnected(lastedMs: number): void {
    if (lastedMs >= STABLE_CONNECTION_MS) this.succeed();
  }
}

/**
 * A random wait below a bound that doubles with each failure ("full jitter"), so that clients that lost their
 * connections together do not reconnect together.
 *
 * @param failures in a row before this one
 * @param random in [0, 1)
 * @param spreadMs the least bound; from the third attempt on it doubles, too, up to 16 times itself
 */
export function backoffMs(
  { leastMs, firstMs, mostMs, isAfterServerWait }: BackoffBounds,
  failures: number,
  random: number,
  serverWaitMs = 0,
  spreadMs = 0,
): number {
  // A server that was started again needs no longer than its spread. One that is overloaded does.
  const doublings = Math.min(Math.max(failures - 1, 0), MAX_SPREAD_DOUBLINGS);
  const spread = Math.min(spreadMs * 2 ** doublings, MAX_SERVER_WAIT_MS);
  const bound = Math.max(spread, Math.min(mostMs, firstMs * 2 ** failures));
  const wait = leastMs + Math.floor(random * (bound - leastMs));
  const asked = Math.min(Math.max(serverWaitMs, 0), MAX_SERVER_WAIT_MS);
  return isAfterServerWait ? asked + wait : Math.max(asked, wait);
}

/** Milliseconds of a `Retry-After` header. A date, which some proxies send, counts as none. */
export function retryAfterMs(header: string | null): number {
  return /^\d+$/.test(header?.trim() ?? '') ? Number(header) * 1000 : 0;
}
