/**
 * Closes sockets. A `carillon.v1` subscriber is told why and whether to reconnect, a stock one only the code. A
 * subscriber that reconnects gets from the journal what it missed.
 */

import { logError } from '../../lib/log.ts';
import type { HubCounts } from '../../metrics/hub-metrics.ts';
import { CLOSE_CODES, closeReason } from '../../wire/carillon-v1/close-codes.ts';
import type { GoodbyeReason } from '../../wire/carillon-v1/messages.ts';
import { encodeServerMessage } from '../../wire/carillon-v1/server-codec.ts';
import { send } from '../delivery/send.ts';
import { type ReconnectSpread, spreadOf } from './reconnect-spread.ts';
import type { SubscriptionClass, SubscriptionClasses } from './subscription-classes.ts';

export class SocketCloser {
  readonly #ctx: DurableObjectState;
  readonly #classes: SubscriptionClasses;
  readonly #spread: ReconnectSpread;
  readonly #counts: HubCounts;
  readonly #onClosed: (socket: WebSocket) => void;

  /** @param onClosed frees what a `carillon.v1` subscriber holds: it may not answer the close, and others need the room */
  constructor(
    ctx: DurableObjectState,
    classes: SubscriptionClasses,
    spread: ReconnectSpread,
    counts: HubCounts,
    onClosed: (socket: WebSocket) => void,
  ) {
    this.#ctx = ctx;
    this.#classes = classes;
    this.#spread = spread;
    this.#counts = counts;
    this.#onClosed = onClosed;
  }

  closeTagged(tag: string, reason: GoodbyeReason, code: number, text = ''): void {
    this.close(this.#ctx.getWebSockets(tag), reason, code, text);
  }

  /** Closes the sockets of a tag, because nobody knows what their token may see. */
  closeUnconfirmed(tag: string): void {
    this.closeTagged(tag, 'unconfirmed', CLOSE_CODES.tryAgainLater, 'rights cannot be confirmed');
  }

  /** Closes sockets that cannot be served. */
  fail(sockets: readonly WebSocket[], error: unknown): void {
    logError('subscribers cannot be served', error);
    this.close(sockets, 'unavailable', CLOSE_CODES.tryAgainLater, 'the hub cannot go on');
  }

  close(sockets: readonly WebSocket[], reason: GoodbyeReason, code: number, text = ''): void {
    this.#counts[`closed_${reason}`] += sockets.length;
    const acking: WebSocket[] = [];
    for (const socket of sockets) {
      const subscriptionClass = this.#classes.of(socket);
      if (subscriptionClass?.subscription.protocol === 'carillon.v1') {
        const spreadMs = this.#spreadOf(sockets, reason);
        sayGoodbye(socket, subscriptionClass, { reason, spreadMs, code, text });
        acking.push(socket);
      } else {
        socket.close(code, text);
      }
      if (subscriptionClass !== undefined) this.#classes.left(subscriptionClass);
    }
    // After all have closed, so that none of them gets the room of another.
    for (const socket of acking) this.#onClosed(socket);
  }

  #spreadOf({ length }: readonly WebSocket[], reason: GoodbyeReason): number {
    if (!isWelcomeAfter(reason)) return 0;
    // What ends the sockets of one token may end those of all, one token after the other.
    const isOfAll = reason === 'unconfirmed' || reason === 'unavailable';
    return isOfAll ? this.#spread.ofPresent() : spreadOf(length);
  }
}

/** Whether the subscriber may reconnect. */
function isWelcomeAfter(reason: GoodbyeReason): boolean {
  return reason !== 'revoked' && reason !== 'protocol_error';
}

interface Goodbye {
  readonly reason: GoodbyeReason;
  readonly spreadMs: number;
  readonly code: number;
  readonly text: string;
}

/** Tells a `carillon.v1` subscriber why its socket closes, and closes it. */
function sayGoodbye(
  socket: WebSocket,
  { subscription }: SubscriptionClass,
  { reason, spreadMs, code, text }: Goodbye,
): void {
  const goodbye = encodeServerMessage(
    {
      type: 'goodbye',
      reason,
      reconnect: isWelcomeAfter(reason),
      // Subscribers that are closed together do not reconnect together.
      after_ms: Math.floor(Math.random() * spreadMs),
    },
    subscription.encoding,
  );
  send(socket, [goodbye]);
  socket.close(code, closeReason(text));
}
