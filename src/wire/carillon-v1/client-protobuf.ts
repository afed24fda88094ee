/** The client's side of `carillon.v1.proto`. Its only package is the one that the generated code needs. */
import protobufjs from 'protobufjs/minimal.js';
import { carillon } from '../gen/proto.js';
import {
  badMessage,
  type ClientCodec,
  type Decoded,
  decodeMembers,
  isText,
  type Members,
} from './client-codec.ts';
import { cloudEventOf } from './cloud-event.ts';
import {
  type ClientMessage,
  type SentEvent,
  type ServerMessage,
  SUBPROTOCOLS,
} from './messages.ts';

export const clientProtobufCodec: ClientCodec = {
  subprotocol: SUBPROTOCOLS.protobuf,
  encode,
  decode: (data) =>
    typeof data === 'string'
      ? badMessage('a text message where binary ones are due')
      : decode(ArrayBuffer.isView(data) ? data : new Uint8Array(data)),
};

function encode({ type, ...members }: ClientMessage): Uint8Array<ArrayBuffer> {
  // By default protobufjs writes into a Buffer if there is one, which can throw in workerd.
  const writer = new protobufjs.Writer();
  const bytes = carillon.v1.ClientMessage.encode({ [type]: members }, writer).finish();
  return bytes as Uint8Array<ArrayBuffer>;
}

function decode(bytes: Uint8Array): Decoded<ServerMessage> {
  let message: carillon.v1.ServerMessage.$Properties & { message?: ServerMessage['type'] };
  try {
    message = carillon.v1.ServerMessage.decode(bytes);
  } catch {
    return badMessage('the message is no ServerMessage of carillon.v1');
  }
  const type = message.message;
  return decodeMembers(type, type && message[type], sentEvent);
}

function sentEvent(members: Members): SentEvent | undefined {
  const event = cloudEventOf(members);
  return isText(members.cursor) && event ? { cursor: members.cursor, event } : undefined;
}
