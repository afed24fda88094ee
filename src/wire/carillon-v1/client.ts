/**
 * The client's side of `carillon.v1`. It runs in browsers too: nothing of the server is imported, and no
 * package but what the generated code needs.
 */
import protobufjs from 'protobufjs/minimal.js';
import { isJsonObject } from '../../event/json.ts';
import { ok, type Result } from '../../result.ts';
import type { Encoding } from '../frame.ts';
import { carillon } from '../gen/proto.js';
import { CLOSE_CODES, type ProtocolFailure } from './close-codes.ts';
import { cloudEventOf } from './cloud-event.ts';
import type { ClientMessage, Gap, SentEvent, ServerMessage } from './messages.ts';

type Decoded<T> = Result<T, ProtocolFailure>;

/** A message as it arrived, in JSON or in protobuf: the two have the same members. */
type Members = Readonly<Record<string, unknown>>;

export function encodeClientMessage(
  message: ClientMessage,
  encoding: Encoding,
): string | Uint8Array<ArrayBuffer> {
  if (encoding === 'json') return JSON.stringify(message);
  const { type, ...members } = message;
  // Left to choose, protobufjs writes into a Buffer where there is one; in workerd that can throw.
  const writer = new protobufjs.Writer();
  const bytes = carillon.v1.ClientMessage.encode({ [type]: members }, writer).finish();
  return bytes as Uint8Array<ArrayBuffer>;
}

/**
 * Reads what the server sent. Members that this version does not know are passed over, and a reason
 * that it does not know is handed on as it is.
 *
 * @param data of a message event; a browser's socket needs the binary type `arraybuffer`
 */
export function decodeServerMessage(
  data: string | ArrayBuffer | Uint8Array,
  encoding: Encoding,
): Decoded<ServerMessage> {
  if (typeof data === 'string') {
    return encoding === 'json'
      ? decodeJson(data)
      : fail('a text message where binary ones are due');
  }
  return encoding === 'protobuf'
    ? decodeProtobuf(ArrayBuffer.isView(data) ? data : new Uint8Array(data))
    : fail('a binary message where text ones are due');
}

function decodeJson(text: string): Decoded<ServerMessage> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return fail('the message is not JSON');
  }
  if (!isJsonObject(message)) return fail('the message is no JSON object');
  return decodeMembers(message.type, message, eventOfJson);
}

function decodeProtobuf(bytes: Uint8Array): Decoded<ServerMessage> {
  let message: carillon.v1.ServerMessage.$Properties & { message?: ServerMessage['type'] };
  try {
    message = carillon.v1.ServerMessage.decode(bytes);
  } catch {
    return fail('the message is no ServerMessage of carillon.v1');
  }
  const type = message.message;
  return decodeMembers(type, type && message[type], eventOfProtobuf);
}

function decodeMembers(
  type: unknown,
  members: unknown,
  eventOf: (event: Members) => SentEvent | undefined,
): Decoded<ServerMessage> {
  if (!isJsonObject(members)) return fail('the message has no type');
  switch (type) {
    case 'hello':
      return orMalformed(type, helloOf(members));
    case 'events':
      return orMalformed(type, eventsOf(members, eventOf));
    case 'gap':
      return orMalformed(type, gapMessageOf(members));
    case 'goodbye':
      return orMalformed(type, goodbyeOf(members));
    default:
      return fail('the type of the message is none of carillon.v1');
  }
}

type Of<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

function helloOf({
  cursor,
  resumed,
  gap,
  credit,
  ack_timeout_ms,
}: Members): Of<'hello'> | undefined {
  if (!isText(cursor) || typeof resumed !== 'boolean') return undefined;
  if (!isCount(credit) || !isCount(ack_timeout_ms)) return undefined;
  const hello = { type: 'hello', cursor, resumed, credit, ack_timeout_ms } as const;
  if (gap == null) return hello;
  const read = gapOf(gap);
  return read && { ...hello, gap: read };
}

function eventsOf(
  { events }: Members,
  eventOf: (event: Members) => SentEvent | undefined,
): Of<'events'> | undefined {
  if (!Array.isArray(events)) return undefined;
  const read = events.map((event) => (isJsonObject(event) ? eventOf(event) : undefined));
  return read.every((event) => event !== undefined) ? { type: 'events', events: read } : undefined;
}

function eventOfJson({ cursor, event }: Members): SentEvent | undefined {
  return isText(cursor) && isJsonObject(event) ? { cursor, event } : undefined;
}

function eventOfProtobuf(members: Members): SentEvent | undefined {
  const event = cloudEventOf(members);
  return isText(members.cursor) && event ? { cursor: members.cursor, event } : undefined;
}

function gapMessageOf(members: Members): Of<'gap'> | undefined {
  const gap = gapOf(members);
  const { cursor } = members;
  return gap && isText(cursor) ? { type: 'gap', ...gap, cursor } : undefined;
}

function gapOf(gap: unknown): Gap | undefined {
  return isJsonObject(gap) && isText(gap.reason)
    ? { reason: gap.reason as Gap['reason'] }
    : undefined;
}

function goodbyeOf({ reason, reconnect, after_ms }: Members): Of<'goodbye'> | undefined {
  if (!isText(reason) || typeof reconnect !== 'boolean' || !isCount(after_ms)) return undefined;
  return { type: 'goodbye', reason: reason as Of<'goodbye'>['reason'], reconnect, after_ms };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function orMalformed(type: string, message: ServerMessage | undefined): Decoded<ServerMessage> {
  return message === undefined
    ? fail(`the ${type} lacks a member, or has one of another kind`)
    : ok(message);
}

function fail(message: string): { ok: false; failure: ProtocolFailure } {
  return { ok: false, failure: { code: CLOSE_CODES.badMessage, message } };
}
