/** The secrets of Standard Webhooks: symmetric after `whsec_`, public keys of ed25519 after `whpk_`. */
import { Buffer } from 'node:buffer';
import { isBase64 } from '../../lib/text.ts';
import type { Doubt } from './scheme.ts';

const SECRET_PREFIX = 'whsec_';
const PUBLIC_KEY_PREFIX = 'whpk_';
const PUBLIC_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

interface Key {
  readonly kind: 'hmac' | 'ed25519';
  readonly bytes: Uint8Array;
}

/** @param secret one with which there is no problem */
export function standardKey(secret: string): Key {
  return secret.startsWith(PUBLIC_KEY_PREFIX)
    ? { kind: 'ed25519', bytes: Buffer.from(secret.slice(PUBLIC_KEY_PREFIX.length), 'base64') }
    : { kind: 'hmac', bytes: Buffer.from(secret.replace(SECRET_PREFIX, ''), 'base64') };
}

export function problemOfStandardSecret(secret: string): Doubt {
  const isPublicKey = secret.startsWith(PUBLIC_KEY_PREFIX);
  const base64 = isPublicKey
    ? secret.slice(PUBLIC_KEY_PREFIX.length)
    : secret.replace(SECRET_PREFIX, '');
  if (base64 === '' || !isBase64(base64)) {
    return isPublicKey
      ? `is not Base64 after "${PUBLIC_KEY_PREFIX}"`
      : `is not Base64 after "${SECRET_PREFIX}", which may be left out; take it as the sender shows it, or make one: echo "${SECRET_PREFIX}$(openssl rand -base64 32)"`;
  }
  return isPublicKey && Buffer.from(base64, 'base64').length !== PUBLIC_KEY_BYTES
    ? `is no ed25519 public key of ${PUBLIC_KEY_BYTES} bytes`
    : undefined;
}

/** @param key the 32 bytes of a public key */
export async function verifyEd25519(
  key: Uint8Array,
  signature: Uint8Array,
  signed: Uint8Array,
): Promise<boolean> {
  // The platform throws at one of another length.
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
  const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, [
    'verify',
  ]);
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, signed);
}
