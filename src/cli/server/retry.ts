/** Waits before another attempt, and says why and for how long. */
import { Backoff, type BackoffBounds } from '../../client/backoff.ts';
import { pause } from '../command/stopping.ts';

/** Where messages to the user go. */
interface Log {
  say(message: string): void;
}

export class Retry {
  readonly backoff: Backoff;
  readonly #log: Log;

  constructor(bounds: BackoffBounds, log: Log) {
    this.backoff = new Backoff(bounds, Math.random);
    this.#log = log;
  }

  /**
   * @param serverWaitMs what the server asks to wait
   * @param signal ends the wait
   * @param mostMs of the wait, whatever the server asks
   */
  async wait(
    reason: string,
    serverWaitMs: number,
    signal: AbortSignal,
    mostMs = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const waitMs = Math.min(this.backoff.fail(serverWaitMs), mostMs);
    this.#log.say(retryMessage(reason, waitMs));
    await pause(waitMs, signal);
  }
}

export function retryMessage(reason: string, waitMs: number): string {
  return `${reason}; trying again in ${(waitMs / 1000).toFixed(1)} s`;
}
