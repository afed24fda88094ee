/** Applies what `carillon.v1` subscribers send: acknowledgements, and changes of their credit. */

import { ok, type Result } from '../../lib/result.ts';
import { CLOSE_CODES, type ProtocolFailure } from '../../wire/carillon-v1/close-codes.ts';
import {
  decodeClientMessage,
  type ReceivedClientMessage,
} from '../../wire/carillon-v1/server-codec.ts';
import type { SignedCursor } from '../../wire/cursor.ts';
import type { CatchUp } from '../catch-up/catch-up.ts';
import type { HubMeter } from '../hub-meter.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { AckingSubscriber } from './acking-subscriber.ts';
import type { AckingSubscribers } from './acking-subscribers.ts';
import type { Unacknowledged } from './unacknowledged.ts';

interface ClientMessagesParts {
  readonly journal: SubscriberJournal;
  readonly cursors: CursorCodec;
  readonly closer: SocketCloser;
  readonly meter: HubMeter;
  readonly catchUp: CatchUp;
  readonly ackingSubscribers: AckingSubscribers;
  readonly unacknowledged: Unacknowledged;
}

export class ClientMessages {
  readonly #parts: ClientMessagesParts;

  constructor(parts: ClientMessagesParts) {
    this.#parts = parts;
  }

  /** A client that breaks the protocol is closed. */
  receive(
    socket: WebSocket,
    subscriptionClass: SubscriptionClass,
    data: string | ArrayBuffer,
  ): void {
    const { closer, meter, ackingSubscribers } = this.#parts;
    meter.counts.clientMessages++;
    const decoded = decodeClientMessage(data, subscriptionClass.subscription.encoding);
    const subscriber = ackingSubscribers.of(socket, subscriptionClass);
    const applied = decoded.ok ? this.#apply(socket, subscriber, decoded.value) : decoded;
    if (applied.ok) return;
    const { code, message } = applied.failure;
    closer.close([socket], 'protocol_error', code, message);
  }

  #apply(
    socket: WebSocket,
    subscriber: AckingSubscriber,
    message: ReceivedClientMessage,
  ): Result<undefined, ProtocolFailure> {
    if (message.type === 'ack') return this.#acknowledge(socket, subscriber, message.cursor);
    subscriber.credit = message.events;
    // The attachment of a socket outlives the sleep of the hub.
    socket.serializeAttachment(message.events);
    this.#parts.catchUp.resume(socket, subscriber);
    return ok(undefined);
  }

  #acknowledge(
    socket: WebSocket,
    subscriber: AckingSubscriber,
    cursor: SignedCursor,
  ): Result<undefined, ProtocolFailure> {
    const { journal, cursors, catchUp, unacknowledged } = this.#parts;
    const { lag } = subscriber;
    if (cursors.originOf(cursor) !== 'own') {
      return fail('badCursor', 'an ack of a cursor that is not of this subscription');
    }
    if (cursor.sequence > (lag?.position ?? journal.last)) {
      return fail('futureCursor', 'an ack of what was not sent yet');
    }
    if (cursor.sequence <= subscriber.ackedThrough) return ok(undefined);
    subscriber.ackedThrough = cursor.sequence;
    subscriber.ownUnacked = subscriber.ownUnacked.filter(
      ({ sequence }) => sequence > cursor.sequence,
    );
    if (lag !== undefined) lag.progressAt = Date.now();
    unacknowledged.acknowledged(subscriber);
    catchUp.resume(socket, subscriber);
    catchUp.admitWaiting();
    return ok(undefined);
  }
}

function fail(
  reason: 'badCursor' | 'futureCursor',
  message: string,
): { ok: false; failure: ProtocolFailure } {
  return { ok: false, failure: { code: CLOSE_CODES[reason], message } };
}
