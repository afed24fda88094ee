/**
 * An authority stores tokens of the upstream encrypted, to look them up again. The key is derived from `ROOT_TOKEN`,
 * which is not stored. With another root token, none of them can be opened.
 */
import { type AesKey, decrypt, encrypt } from '../../lib/aes.ts';

const PURPOSE = new TextEncoder().encode('carillon: tokens of the upstream');
const KEY_BITS = 256;

/** @param digest of the token: a sealed token can only be opened with its own digest */
export async function sealToken(
  secret: string,
  digest: string,
  rootToken: string,
): Promise<ArrayBuffer> {
  return encrypt(await keyOf(rootToken), digest, secret);
}

/** @returns the token; undefined if it was sealed under another root token or for another digest */
export async function unsealToken(
  sealed: ArrayBuffer,
  digest: string,
  rootToken: string,
): Promise<string | undefined> {
  return decrypt(await keyOf(rootToken), digest, sealed);
}

async function keyOf(rootToken: string): Promise<AesKey> {
  const material = new TextEncoder().encode(rootToken);
  const base = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveBits']);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: PURPOSE };
  return new Uint8Array(await crypto.subtle.deriveBits(hkdf, base, KEY_BITS));
}
