/** What `carillon.v1` subscribers were sent and have not acknowledged. */
import { MAX_UNACKED_BYTES } from '../../wire/limits.ts';
import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { AckingSubscriber } from './acking-subscriber.ts';
import { type Amount, SentLog } from './sent-log.ts';

export class Unacknowledged {
  readonly #logs = new WeakMap<SubscriptionClass, SentLog>();

  /** What all subscribers of a class were sent last. */
  logOf(subscriptionClass: SubscriptionClass): SentLog {
    let log = this.#logs.get(subscriptionClass);
    if (log === undefined) {
      log = new SentLog();
      this.#logs.set(subscriptionClass, log);
    }
    return log;
  }

  of({ subscriptionClass, ackedThrough, liveAfter, ownUnacked, lag }: AckingSubscriber): Amount {
    const ownBytes = ownUnacked.reduce((sum, { bytes }) => sum + bytes, 0);
    if (lag !== undefined) return { events: ownUnacked.length, bytes: ownBytes };
    const log = this.logOf(subscriptionClass);
    const { events, bytes } = log.after(Math.max(ackedThrough, liveAfter));
    return { events: ownUnacked.length + events, bytes: ownBytes + bytes };
  }

  /** Whether the subscriber may not be sent so much more. */
  exceedsWith(subscriber: AckingSubscriber, added: Amount): boolean {
    const { events, bytes } = this.of(subscriber);
    return events + added.events > subscriber.credit || bytes + added.bytes > MAX_UNACKED_BYTES;
  }
}
