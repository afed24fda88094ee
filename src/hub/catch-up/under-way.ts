/** How much `carillon.v1` readers were sent and have not acknowledged. */
import { MAX_UNACKED_BYTES } from '../../wire/limits.ts';
import { SentLog } from '../delivery/sent-log.ts';
import type { SubscriptionClass } from '../subscribers/classes.ts';
import type { Reader } from './reader.ts';

export class UnderWay {
  readonly #logs = new WeakMap<SubscriptionClass, SentLog>();

  /** What the readers of a class were last sent alike. */
  logOf(subscriptionClass: SubscriptionClass): SentLog {
    let log = this.#logs.get(subscriptionClass);
    if (log === undefined) {
      log = new SentLog();
      this.#logs.set(subscriptionClass, log);
    }
    return log;
  }

  of({ subscriptionClass, acked, joined, unacked, lag }: Reader): {
    events: number;
    bytes: number;
  } {
    const own = unacked.reduce((sum, { bytes }) => sum + bytes, 0);
    if (lag !== undefined) return { events: unacked.length, bytes: own };
    const { events, bytes } = this.logOf(subscriptionClass).after(Math.max(acked, joined));
    return { events: unacked.length + events, bytes: own + bytes };
  }

  /** Whether so much more exceeds what the reader may have under way. */
  exceeds(reader: Reader, more: { events: number; bytes: number }): boolean {
    const { events, bytes } = this.of(reader);
    return events + more.events > reader.credit || bytes + more.bytes > MAX_UNACKED_BYTES;
  }
}
