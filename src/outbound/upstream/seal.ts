/**
 * How an authority keeps a token of the upstream that it has to look up again: encrypted under a key that is made
 * of `ROOT_TOKEN`, which is stored nowhere. Another root token opens none of them.
 */
import { type AesKey, decrypt, encrypt } from '../../lib/aes.ts';

const PURPOSE = new TextEncoder().encode('carillon: tokens of the upstream');
const KEY_BITS = 256;

/** @param digest of the token: what was sealed for one row opens in no other */
export async function seal(
  secret: string,
  digest: string,
  rootToken: string,
): Promise<ArrayBuffer> {
  return encrypt(await keyOf(rootToken), digest, secret);
}

/** @returns the token; undefined where it was sealed under another root token, or is not what was sealed */
export async function unseal(
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
