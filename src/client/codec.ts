/** The codec of an encoding. */
import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { clientJsonCodec } from '../wire/carillon-v1/client-json.ts';

/** Loads protobuf only if it is needed. */
export async function clientCodec(encoding: 'json' | 'protobuf'): Promise<ClientCodec> {
  if (encoding === 'json') return clientJsonCodec;
  const { clientProtobufCodec } = await import('../wire/carillon-v1/client-protobuf.ts');
  return clientProtobufCodec;
}
