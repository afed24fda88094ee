/** The client's side of `carillon.v1`, by the name of the encoding. */
import { jsonCodec } from '../../../src/wire/carillon-v1/client-json.ts';
import { protobufCodec } from '../../../src/wire/carillon-v1/client-protobuf.ts';
import type { ClientMessage } from '../../../src/wire/carillon-v1/messages.ts';
import type { Encoding } from '../../../src/wire/frame.ts';

const CODECS = { json: jsonCodec, protobuf: protobufCodec };

export function encodeClientMessage(message: ClientMessage, encoding: Encoding) {
  return CODECS[encoding].encode(message);
}

export function decodeServerMessage(data: string | ArrayBuffer | Uint8Array, encoding: Encoding) {
  return CODECS[encoding].decode(data);
}
