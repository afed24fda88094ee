/** The client's side of `carillon.v1.json`. */
import { isJsonObject } from '../../lib/json.ts';
import {
  badMessage,
  type ClientCodec,
  type Decoded,
  decodeMembers,
  isText,
  type Members,
} from './client-codec.ts';
import { type SentEvent, type ServerMessage, SUBPROTOCOLS } from './messages.ts';

export const clientJsonCodec: ClientCodec = {
  subprotocol: SUBPROTOCOLS.json,
  encode: (message) => JSON.stringify(message),
  decode: (data) =>
    typeof data === 'string'
      ? decode(data)
      : badMessage('a binary message where text ones are due'),
};

function decode(text: string): Decoded<ServerMessage> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return badMessage('the message is not JSON');
  }
  if (!isJsonObject(message)) return badMessage('the message is no JSON object');
  return decodeMembers(message.type, message, sentEvent);
}

function sentEvent({ cursor, event }: Members): SentEvent | undefined {
  return isText(cursor) && isJsonObject(event) ? { cursor, event } : undefined;
}
