/** The client's side of `carillon.v1`, for callers that need both encodings. */
import type { Encoding } from '../frame.ts';
import type { ClientCodec, Decoded } from './client-codec.ts';
import { clientJsonCodec } from './client-json.ts';
import { clientProtobufCodec } from './client-protobuf.ts';
import type { ClientMessage, ServerMessage } from './messages.ts';

const CODECS: Readonly<Record<Encoding, ClientCodec>> = {
  json: clientJsonCodec,
  protobuf: clientProtobufCodec,
};

export function encodeClientMessage(
  message: ClientMessage,
  encoding: Encoding,
): string | Uint8Array<ArrayBuffer> {
  return CODECS[encoding].encode(message);
}

/** Reads a message of the server; see `ClientCodec`. */
export function decodeServerMessage(
  data: string | ArrayBuffer | Uint8Array,
  encoding: Encoding,
): Decoded<ServerMessage> {
  return CODECS[encoding].decode(data);
}
