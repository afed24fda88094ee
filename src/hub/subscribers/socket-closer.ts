/**
 * Closes sockets. A `carillon.v1` subscriber is told why and whether to reconnect, a stock one only the code. A
 * subscriber that reconnects gets from the journal what it missed.
 */

import { logError } from '../../lib/log.ts';
import { CLOSE_CODES, closeReason } from '../../wire/carillon-v1/close-codes.ts';
import type { GoodbyeReason } from '../../wire/carillon-v1/messages.ts';
import { encodeServerMessage } from '../../wire/carillon-v1/server-codec.ts';
import { send } from '../delivery/send.ts';
import { MAX_RECONNECT_SPREAD_MS } from '../limits.ts';
import type { SubscriptionClass, SubscriptionClasses } from './subscription-classes.ts';

export class SocketCloser {
  readonly #ctx: DurableObjectState;
  readonly #classes: SubscriptionClasses;

  constructor(ctx: DurableObjectState, classes: SubscriptionClasses) {
    this.#ctx = ctx;
    this.#classes = classes;
  }

  closeTagged(tag: string, reason: GoodbyeReason, code: number, text = ''): void {
    this.close(this.#ctx.getWebSockets(tag), reason, code, text);
  }

  /** Closes the sockets of a tag, because nobody knows what their token may see. */
  closeUnconfirmed(tag: string): void {
    this.closeTagged(tag, 'unconfirmed', CLOSE_CODES.tryAgainLater, 'rights cannot be confirmed');
  }

  /** Closes all sockets, because the namespace was deleted. */
  closeAll(): void {
    this.close(this.#ctx.getWebSockets(), 'revoked', CLOSE_CODES.normal);
  }

  /** Closes sockets that cannot be served. */
  fail(sockets: readonly WebSocket[], error: unknown): void {
    logError('subscribers cannot be served', error);
    this.close(sockets, 'unavailable', CLOSE_CODES.tryAgainLater, 'the hub cannot go on');
  }

  close(sockets: readonly WebSocket[], reason: GoodbyeReason, code: number, text = ''): void {
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

/** Tells a `carillon.v1` subscriber why its socket closes, and closes it. */
function sayGoodbye(
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
      // Subscribers that are closed together do not reconnect together.
      after_ms: reconnect ? Math.floor(Math.random() * MAX_RECONNECT_SPREAD_MS) : 0,
    },
    subscription.encoding,
  );
  send(socket, [goodbye]);
  socket.close(code, closeReason(text));
}
