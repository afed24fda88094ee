/** The client's side of `carillon.v1.json`. */
import { isJsonObject } from '../../lib/json.ts';
import {
  type ClientCodec,
  type Decoded,
  decodeMembers,
  fail,
  isText,
  type Members,
} from './client-codec.ts';
import { type SentEvent, type ServerMessage, SUBPROTOCOLS } from './messages.ts';

export const clientJsonCodec: ClientCodec = {
  subprotocol: SUBPROTOCOLS.json,
  encode: (message) => JSON.stringify(message),
  decode: (data) =>
    typeof data === 'string' ? decode(data) : fail('a binary message where text ones are due'),
};

function decode(text: string): Decoded<ServerMessage> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return fail('the message is not JSON');
  }
  if (!isJsonObject(message)) return fail('the message is no JSON object');
  return decodeMembers(message.type, message, eventOf);
}

function eventOf({ cursor, event }: Members): SentEvent | undefined {
  return isText(cursor) && isJsonObject(event) ? { cursor, event } : undefined;
}
