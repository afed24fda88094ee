/** Closes `carillon.v1` subscribers that are out of credit and acknowledge nothing for `ACK_TIMEOUT_MS`. */

import type { AlarmTask } from '../../objects/alarms.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import { ACK_TIMEOUT_MS } from '../../wire/limits.ts';
import type { CatchUp } from '../catch-up/catch-up.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import {
  isOpen,
  type SubscriptionClass,
  type SubscriptionClasses,
} from '../subscribers/subscription-classes.ts';
import { ackingTagOf } from './acking-subscriber.ts';
import type { AckingSubscribers } from './acking-subscribers.ts';
import type { LagTable } from './lag-table.ts';

interface AckTimeoutsParts {
  readonly ctx: DurableObjectState;
  readonly classes: SubscriptionClasses;
  readonly closer: SocketCloser;
  readonly lags: LagTable;
  readonly catchUp: CatchUp;
  readonly ackingSubscribers: AckingSubscribers;
}

export class AckTimeouts implements AlarmTask {
  readonly #parts: AckTimeoutsParts;

  constructor(parts: AckTimeoutsParts) {
    this.#parts = parts;
  }

  nextDue(): number {
    return this.#parts.lags.nextTimeout();
  }

  run(now: number): void {
    const { ctx, classes, lags, catchUp } = this.#parts;
    if (catchUp.isShortOfRoom) this.#closeStalled(now);
    for (const id of lags.timedOut(now)) {
      const socket = ctx.getWebSockets(ackingTagOf(id)).find(isOpen);
      const subscriptionClass = socket && classes.of(socket);
      if (socket === undefined || subscriptionClass === undefined) lags.delete(id);
      else if (!this.#resume(socket, subscriptionClass, now)) {
        this.#close(socket);
      }
    }
  }

  /** Others wait for what these hold. */
  #closeStalled(now: number): void {
    const { ctx, classes, ackingSubscribers } = this.#parts;
    const stalled = classes
      .all()
      .filter(({ subscription }) => subscription.protocol === 'carillon.v1')
      .flatMap(({ tag }) => ctx.getWebSockets(tag))
      .filter((socket) => {
        const { unackedBytes = 0, unackedSince = now } = ackingSubscribers.known(socket) ?? {};
        return isOpen(socket) && unackedBytes > 0 && unackedSince <= now - ACK_TIMEOUT_MS;
      });
    for (const socket of stalled) this.#close(socket);
  }

  #close(socket: WebSocket): void {
    const text = `nothing was acknowledged for ${ACK_TIMEOUT_MS / 1000} seconds`;
    this.#parts.closer.close([socket], 'ack_timeout', CLOSE_CODES.ackTimeout, text);
  }

  /** Resumes if the stored lag is outdated, or if the hub was stopped in the middle. @returns false if neither is so */
  #resume(socket: WebSocket, subscriptionClass: SubscriptionClass, now: number): boolean {
    const { lags, catchUp, ackingSubscribers } = this.#parts;
    const subscriber = ackingSubscribers.of(socket, subscriptionClass);
    const { lag } = subscriber;
    if (lag === undefined || (lag.outOfCredit && lag.progressAt <= now - ACK_TIMEOUT_MS)) {
      lags.delete(subscriber.id);
      subscriber.lag = undefined;
      return false;
    }
    if (!lag.outOfCredit) lag.progressAt = now;
    catchUp.store(subscriber);
    catchUp.resume(socket, subscriber);
    return true;
  }
}
