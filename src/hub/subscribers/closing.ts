/**
 * How a hub ends with sockets: a `carillon.v1` subscriber is told why and whether to come back, a stock one
 * by the code. Whatever one that may come back misses meanwhile is in the journal.
 */

import { logError } from '../../lib/log.ts';
import { CLOSE_CODES, closeReason } from '../../wire/carillon-v1/close-codes.ts';
import type { GoodbyeReason } from '../../wire/carillon-v1/messages.ts';
import { encodeServerMessage } from '../../wire/carillon-v1/server-codec.ts';
import { send } from '../delivery/send.ts';
import { MAX_RECONNECT_SPREAD_MS } from '../limits.ts';
import type { SubscriptionClass, SubscriptionClasses } from './classes.ts';

export class Closing {
  readonly #ctx: DurableObjectState;
  readonly #classes: SubscriptionClasses;

  constructor(ctx: DurableObjectState, classes: SubscriptionClasses) {
    this.#ctx = ctx;
    this.#classes = classes;
  }

  /** Closes the sockets with a tag. */
  close(tag: string, reason: GoodbyeReason, code: number, text = ''): void {
    this.closeSockets(this.#ctx.getWebSockets(tag), reason, code, text);
  }

  closeUnconfirmed(tag: string): void {
    this.close(tag, 'unconfirmed', CLOSE_CODES.tryAgainLater, 'rights cannot be confirmed');
  }

  /** Closes all: the namespace is no more. */
  closeAll(): void {
    this.closeSockets(this.#ctx.getWebSockets(), 'revoked', CLOSE_CODES.normal, '');
  }

  /** Closes sockets that cannot be served: what they miss they get when they come back. */
  fail(sockets: readonly WebSocket[], error: unknown): void {
    logError('subscribers cannot be served', error);
    const code = CLOSE_CODES.tryAgainLater;
    this.closeSockets(sockets, 'unavailable', code, 'the hub cannot go on');
  }

  closeSockets(
    sockets: readonly WebSocket[],
    reason: GoodbyeReason,
    code: number,
    text: string,
  ): void {
    for (const socket of sockets) {
      const subscriptionClass = this.#classes.of(socket);
      if (subscriptionClass?.subscription.protocol === 'carillon.v1') {
        sayGoodbye(socket, subscriptionClass, reason, code, text);
      } else {
        socket.close(code, text);
      }
      if (subscriptionClass !== undefined) this.#classes.left(subscriptionClass);
    }
  }
}

/** Says goodbye to a `carillon.v1` subscriber and closes its socket. */
export function sayGoodbye(
  socket: WebSocket,
  { subscription }: SubscriptionClass,
  reason: GoodbyeReason,
  code: number,
  text: string,
): void {
  const reconnect = reason !== 'revoked' && reason !== 'protocol_error';
  const goodbye = encodeServerMessage(
    {
      type: 'goodbye',
      reason,
      reconnect,
      // Those who are sent away together shall not come back together.
      after_ms: reconnect ? Math.floor(Math.random() * MAX_RECONNECT_SPREAD_MS) : 0,
    },
    subscription.encoding,
  );
  send(socket, [goodbye]);
  socket.close(code, closeReason(text));
}
