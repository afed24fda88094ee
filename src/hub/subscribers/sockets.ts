/** What the runtime tells a hub of its sockets: a handshake, a message, a close. */

import { decodeHandshake } from '../../subscription/handshake.ts';
import type { AckingSubscribers } from '../flow-control/acking-subscribers.ts';
import type { ClientMessages } from '../flow-control/client-messages.ts';
import type { HubMeter } from '../hub-meter.ts';
import type { Admissions } from './admissions.ts';
import type { Handshakes } from './handshakes.ts';
import { refuse, unavailable } from './refusal.ts';
import type { SocketCount } from './socket-count.ts';
import { isOpen, type SubscriptionClasses } from './subscription-classes.ts';

/** The code with which a hub closes the socket of a client that went before its 101: that client did not say goodbye. */
const LOST_IN_HANDSHAKE = 4900;

interface SocketsParts {
  readonly classes: SubscriptionClasses;
  readonly socketCount: SocketCount;
  readonly clientMessages: ClientMessages;
  readonly ackingSubscribers: AckingSubscribers;
  readonly meter: HubMeter;
}

export class Sockets {
  readonly #handshakes: Handshakes;
  readonly #classes: SubscriptionClasses;
  readonly #clientMessages: ClientMessages;
  readonly #ackingSubscribers: AckingSubscribers;
  readonly #socketCount: SocketCount;
  readonly #meter: HubMeter;
  readonly #admissions: Admissions;

  constructor(handshakes: Handshakes, admissions: Admissions, parts: SocketsParts) {
    this.#handshakes = handshakes;
    this.#classes = parts.classes;
    this.#clientMessages = parts.clientMessages;
    this.#ackingSubscribers = parts.ackingSubscribers;
    this.#socketCount = parts.socketCount;
    this.#meter = parts.meter;
    this.#admissions = admissions;
  }

  async accept(request: Request): Promise<Response> {
    const handshake = decodeHandshake(request);
    if (!handshake.ok) return refuse(unavailable(handshake.failure.message));
    const response = await this.#handshakes.accept(handshake.value);
    this.#meter.handshake(response.status);
    // In this turn the hub may learn that the client has gone. A socket that nobody takes would stay open for ever.
    await scheduler.wait(0);
    if (request.signal.aborted && response.webSocket !== null) {
      response.webSocket.accept();
      response.webSocket.close(LOST_IN_HANDSHAKE);
    }
    return response;
  }

  /** A stock subscription takes no data frame: Vault closes with the same words. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    // What it held was freed when the hub closed it.
    if (!isOpen(socket)) return;
    const subscriptionClass = this.#classes.of(socket);
    if (subscriptionClass?.subscription.protocol === 'carillon.v1') {
      this.#clientMessages.receive(socket, subscriptionClass, data);
    } else {
      socket.close(1008, 'unexpected data message');
    }
  }

  /**
   * Answers a subscriber's Close frame, which the runtime leaves to a hibernating object. Takes constant time, because
   * thousands may close at once.
   */
  closed(socket: WebSocket, code: number, wasClean: boolean): void {
    // The hub has begun if both have sent a Close frame by now.
    const { readyState } = socket;
    socket.close(isSendable(code) ? code : 1000);
    const hasLeft = wasClean && readyState !== WebSocket.CLOSED && code !== LOST_IN_HANDSHAKE;
    this.#admissions.ended(socket, hasLeft, wasClean && !hasLeft);
    this.#socketCount.closed();
    this.#meter.counts.closed_client++;
    this.#ackingSubscribers.closed(socket);
    const subscriptionClass = this.#classes.of(socket);
    if (subscriptionClass !== undefined) this.#classes.left(subscriptionClass);
  }
}

/** Whether a code may stand in a Close frame (RFC 6455, section 7.4). If so, the peer's code is sent back. */
function isSendable(code: number): boolean {
  return code >= 1000 && code <= 4999 && ![1004, 1005, 1006, 1015].includes(code);
}
