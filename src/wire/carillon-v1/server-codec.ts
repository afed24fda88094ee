/**
 * The server's side of `carillon.v1`: it encodes messages to clients and decodes messages from them. A message
 * of events is composed of the frames that stock subscribers get.
 */
import protobufjs from 'protobufjs/minimal.js';
import { isJsonObject } from '../../lib/json.ts';
import { kindOf, quote } from '../../lib/quote.ts';
import { ok, type Result } from '../../lib/result.ts';
import { decodeCursor, type SignedCursor } from '../cursor.ts';
import type { Encoding, Frame } from '../frame.ts';
import { carillon } from '../gen/proto.js';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_CREDIT } from '../limits.ts';
import { utf8Length } from '../utf8.ts';
import { CLOSE_CODES, type ProtocolFailure } from './close-codes.ts';
import { HEARTBEAT } from './heartbeat.ts';
import type { ServerMessage } from './messages.ts';

/** An event, and the cursor of the position after it. */
export interface FrameWithCursor {
  readonly cursor: string;
  readonly frame: Frame;
}

/** A message of a client with its cursor decoded. */
export type ReceivedClientMessage =
  | { readonly type: 'ack'; readonly cursor: SignedCursor }
  | { readonly type: 'credit'; readonly events: number };

type Received = Result<ReceivedClientMessage, ProtocolFailure>;

/** Encodes any message except `events`. */
export function encodeServerMessage(
  message: Exclude<ServerMessage, { type: 'events' }>,
  encoding: Encoding,
): string | Uint8Array {
  if (encoding === 'json') return JSON.stringify(message);
  const { type, ...members } = message;
  // By default protobufjs writes into a Buffer, whose utf8Write throws in workerd.
  const writer = new protobufjs.Writer();
  return carillon.v1.ServerMessage.encode({ [type]: members }, writer).finish();
}

/** Encodes an `events` message. It contains the frames unchanged. */
export function encodeServerEvents(
  events: readonly FrameWithCursor[],
  encoding: Encoding,
  asksForAck = false,
): string | Uint8Array {
  return encoding === 'json' ? eventsJson(events, asksForAck) : eventsProtobuf(events, asksForAck);
}

function eventsJson(events: readonly FrameWithCursor[], asksForAck: boolean): string {
  const members = events.map(
    // The frame ends in a newline, and the message is one line.
    ({ cursor, frame }) => `{"cursor":"${cursor}","event":${frame.json.slice(0, -1)}}`,
  );
  const acknowledge = asksForAck ? ',"acknowledge":true' : '';
  return `{"type":"events","events":[${members.join(',')}]${acknowledge}}`;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** The tags of `proto/carillon.proto`. */
const TAGS = {
  serverMessageEvents: (2 << 3) | LENGTH_DELIMITED,
  eventsEvents: (1 << 3) | LENGTH_DELIMITED,
  eventsAcknowledge: (2 << 3) | VARINT,
  eventReceived: (4 << 3) | LENGTH_DELIMITED,
};

/** The generated code cannot take an EventReceived as bytes: it would encode each one again. */
function eventsProtobuf(events: readonly FrameWithCursor[], asksForAck: boolean): Uint8Array {
  const writer = new protobufjs.Writer();
  writer.uint32(TAGS.serverMessageEvents).fork();
  for (const { cursor, frame } of events) {
    const { source, time } = frame.event;
    writer.uint32(TAGS.eventsEvents).fork();
    carillon.v1.Event.encode({ cursor, source, time }, writer);
    writer.uint32(TAGS.eventReceived).bytes(frame.protobuf).ldelim();
  }
  if (asksForAck) writer.uint32(TAGS.eventsAcknowledge).bool(true);
  return writer.ldelim().finish();
}

/** Reads a message of a client: text for JSON, binary for protobuf. */
export function decodeClientMessage(data: string | ArrayBuffer, encoding: Encoding): Received {
  const size = sizeOf(data);
  if (size > MAX_CLIENT_MESSAGE_BYTES) {
    return fail(
      'messageTooLarge',
      `the message is longer than the ${MAX_CLIENT_MESSAGE_BYTES} bytes that one may have`,
    );
  }
  if (typeof data === 'string') {
    return encoding === 'json'
      ? decodeJsonMessage(data)
      : fail('badMessage', 'a text message, where this subprotocol has binary ones');
  }
  return encoding === 'protobuf'
    ? decodeProtobufMessage(new Uint8Array(data))
    : fail('badMessage', 'a binary message, where this subprotocol has text ones');
}

/** Length in bytes; of a text that is too long in any case, its length in characters. */
function sizeOf(data: string | ArrayBuffer): number {
  if (typeof data !== 'string') return data.byteLength;
  return data.length > MAX_CLIENT_MESSAGE_BYTES ? data.length : utf8Length(data);
}

/** Ignores unknown members, as protobuf does. */
function decodeJsonMessage(text: string): Received {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return fail('badMessage', 'the message is not JSON');
  }
  if (!isJsonObject(message)) {
    return fail('badMessage', `a message is a JSON object, not ${kindOf(message)}`);
  }
  switch (message.type) {
    case 'ack':
      return typeof message.cursor === 'string'
        ? ack(message.cursor)
        : fail('badMessage', 'the cursor of an ack must be a string');
    case 'credit':
      return typeof message.events === 'number'
        ? credit(message.events)
        : fail('badMessage', 'the events of a credit must be a number');
    case 'heartbeat':
      // The runtime answers the text itself.
      return fail('badMessage', `a heartbeat is exactly the text ${HEARTBEAT}`);
    case undefined:
      return fail('badMessage', 'the message has no type; a client sends ack and credit');
    default:
      return fail(
        'badMessage',
        `the type of the message is ${quote(message.type)}; a client sends ack and credit`,
      );
  }
}

function decodeProtobufMessage(bytes: Uint8Array): Received {
  let message: carillon.v1.ClientMessage.$Shape;
  try {
    message = carillon.v1.ClientMessage.decode(bytes);
  } catch {
    return fail('badMessage', 'the message is no ClientMessage of carillon.v1');
  }
  if (message.ack != null) return ack(message.ack.cursor ?? '');
  if (message.credit != null) return credit(message.credit.events ?? 0);
  return fail('badMessage', 'the message has neither ack nor credit');
}

function ack(text: string): Received {
  const cursor = decodeCursor(text);
  return cursor === undefined
    ? fail('badCursor', `an ack of ${quote(text)}, which is no cursor that this server made`)
    : ok({ type: 'ack', cursor });
}

function credit(events: number): Received {
  return Number.isInteger(events) && events >= 1 && events <= MAX_CREDIT
    ? ok({ type: 'credit', events })
    : fail(
        'badMessage',
        `a credit of ${events} events; it is a whole number from 1 to ${MAX_CREDIT}`,
      );
}

function fail(
  fault: 'badMessage' | 'messageTooLarge' | 'badCursor',
  message: string,
): { ok: false; failure: ProtocolFailure } {
  return { ok: false, failure: { code: CLOSE_CODES[fault], message } };
}
