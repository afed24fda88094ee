/** The encoding of the messages. */
import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { clientJsonCodec } from '../wire/carillon-v1/client-json.ts';

/** Protobuf is loaded by those who ask for it. */
export async function codecOf(encoding: 'json' | 'protobuf'): Promise<ClientCodec> {
  if (encoding === 'json') return clientJsonCodec;
  const { clientProtobufCodec } = await import('../wire/carillon-v1/client-protobuf.ts');
  return clientProtobufCodec;
}
