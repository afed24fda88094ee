/** The two encodings of `carillon.v1`. */
import type { Result } from '../result.ts';
import type { ProtocolFailure } from '../wire/carillon-v1/close-codes.ts';
import {
  type ClientMessage,
  type ServerMessage,
  SUBPROTOCOLS,
} from '../wire/carillon-v1/messages.ts';
import type { Encoding } from '../wire/frame.ts';

export interface Codec {
  readonly subprotocol: string;
  encode(message: ClientMessage): string | Uint8Array<ArrayBuffer>;
  decode(data: string | ArrayBuffer): Result<ServerMessage, ProtocolFailure>;
}

/** Protobuf is loaded by those who ask for it. */
export async function codecOf(encoding: Encoding): Promise<Codec> {
  const { decodeServerMessage, encodeClientMessage } = await import(
    '../wire/carillon-v1/client.ts'
  );
  return {
    subprotocol: SUBPROTOCOLS[encoding],
    encode: (message) => encodeClientMessage(message, encoding),
    decode: (data) => decodeServerMessage(data, encoding),
  };
}
