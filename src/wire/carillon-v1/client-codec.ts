/**
 * The client's side of `carillon.v1`, in either encoding. It runs in browsers: it imports nothing of the server,
 * and only `client-protobuf.ts` imports protobuf.
 */
import { isJsonObject } from '../../lib/json.ts';
import { ok, type Result } from '../../lib/result.ts';
import { CLOSE_CODES, type ProtocolFailure } from './close-codes.ts';
import type { ClientMessage, Gap, SentEvent, ServerMessage } from './messages.ts';

export interface ClientCodec {
  readonly subprotocol: string;
  encode(message: ClientMessage): string | Uint8Array<ArrayBuffer>;
  /**
   * Reads a message of the server. It ignores unknown members, and passes an unknown reason on as it is.
   *
   * @param data of a message event; a browser's socket needs the binary type `arraybuffer`
   */
  decode(data: string | ArrayBuffer | Uint8Array): Decoded<ServerMessage>;
}

export type Decoded<T> = Result<T, ProtocolFailure>;

/** A decoded message before its members are checked. JSON and protobuf have the same members. */
export type Members = Readonly<Record<string, unknown>>;

export function decodeMembers(
  type: unknown,
  members: unknown,
  eventOf: (event: Members) => SentEvent | undefined,
): Decoded<ServerMessage> {
  if (!isJsonObject(members)) return badMessage('the message has no type');
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
      return badMessage('the type of the message is none of carillon.v1');
  }
}

type Of<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

function helloOf({
  cursor,
  resumed,
  gap,
  credit,
  ack_timeout_ms,
  heartbeats,
  spread_ms,
  lease,
}: Members): Of<'hello'> | undefined {
  if (!isText(cursor) || typeof resumed !== 'boolean') return undefined;
  if (!isCount(credit) || !isCount(ack_timeout_ms) || !isCount(spread_ms ?? 0)) return undefined;
  const hello = {
    type: 'hello',
    cursor,
    resumed,
    credit,
    ack_timeout_ms,
    // A server of release 0.2.0 has neither of them. In protobuf they are false and 0 then.
    ...(heartbeats === true && ({ heartbeats } as const)),
    ...(isCount(spread_ms) && spread_ms > 0 && { spread_ms }),
    ...(isText(lease) && { lease }),
  } as const;
  if (gap == null) return hello;
  const read = gapOf(gap);
  return read && { ...hello, gap: read };
}

function eventsOf(
  { events, acknowledge }: Members,
  eventOf: (event: Members) => SentEvent | undefined,
): Of<'events'> | undefined {
  if (!Array.isArray(events)) return undefined;
  const read = events.map((event) => (isJsonObject(event) ? eventOf(event) : undefined));
  if (!read.every((event) => event !== undefined)) return undefined;
  return { type: 'events', events: read, ...(acknowledge === true && { acknowledge }) };
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

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function orMalformed(type: string, message: ServerMessage | undefined): Decoded<ServerMessage> {
  return message === undefined
    ? badMessage(`the ${type} lacks a member, or has one of another kind`)
    : ok(message);
}

export function badMessage(message: string): { ok: false; failure: ProtocolFailure } {
  return { ok: false, failure: { code: CLOSE_CODES.badMessage, message } };
}
