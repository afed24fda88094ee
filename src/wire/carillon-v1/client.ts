/** The client's side of `carillon.v1` for who speaks both encodings. It runs in browsers too. */
import type { Encoding } from '../frame.ts';
import type { ClientCodec, Decoded } from './client-codec.ts';
import { jsonCodec } from './client-json.ts';
import { protobufCodec } from './client-protobuf.ts';
import type { ClientMessage, ServerMessage } from './messages.ts';

const CODECS: Readonly<Record<Encoding, ClientCodec>> = {
  json: jsonCodec,
  protobuf: protobufCodec,
};

export function encodeClientMessage(
  message: ClientMessage,
  encoding: Encoding,
): string | Uint8Array<ArrayBuffer> {
  return CODECS[encoding].encode(message);
}

/** Reads what the server sent; see `ClientCodec`. */
export function decodeServerMessage(
  data: string | ArrayBuffer | Uint8Array,
  encoding: Encoding,
): Decoded<ServerMessage> {
  return CODECS[encoding].decode(data);
}
