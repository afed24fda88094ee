/**
 * An authority stores tokens of the upstream encrypted, to look them up again. The keys are derived from the values of
 * `ROOT_TOKEN`, which is not stored: the first encrypts, all decrypt. With other values, none can be opened.
 */
import { type AesKey, decrypt, encrypt } from '../../lib/aes.ts';

const PURPOSE = new TextEncoder().encode('carillon: tokens of the upstream');
const KEY_BITS = 256;

/** @param digest of the token: a sealed token can only be opened with its own digest */
export async function sealToken(
  secret: string,
  digest: string,
  [rootToken = '']: readonly string[],
): Promise<ArrayBuffer> {
  return encrypt(await keyOf(rootToken), digest, secret);
}

/** @returns the token, and whether the first key sealed it; undefined if none did, or for another digest */
export async function unsealToken(
  sealed: ArrayBuffer,
  digest: string,
  rootTokens: readonly string[],
): Promise<{ readonly secret: string; readonly isCurrent: boolean } | undefined> {
  for (const [index, rootToken] of rootTokens.entries()) {
    const secret = await decrypt(await keyOf(rootToken), digest, sealed);
    if (secret !== undefined) return { secret, isCurrent: index === 0 };
  }
  return undefined;
}

async function keyOf(rootToken: string): Promise<AesKey> {
  const material = new TextEncoder().encode(rootToken);
  const base = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveBits']);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: PURPOSE };
  return new Uint8Array(await crypto.subtle.deriveBits(hkdf, base, KEY_BITS));
}
