/** The secrets of Standard Webhooks: symmetric keys after `whsec_`, and ed25519 public keys after `whpk_`. */
import { Buffer } from 'node:buffer';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { isBase64 } from '../../../lib/text.ts';

const SECRET_PREFIX = 'whsec_';
const PUBLIC_KEY_PREFIX = 'whpk_';
const PUBLIC_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

interface StandardKey {
  readonly kind: 'hmac' | 'ed25519';
  readonly bytes: Uint8Array;
}

/** @param secret one that `checkStandardSecret` accepts */
export function standardKey(secret: string): StandardKey {
  return secret.startsWith(PUBLIC_KEY_PREFIX)
    ? { kind: 'ed25519', bytes: Buffer.from(secret.slice(PUBLIC_KEY_PREFIX.length), 'base64') }
    : { kind: 'hmac', bytes: Buffer.from(secret.replace(SECRET_PREFIX, ''), 'base64') };
}

/** The message of a failure is to follow the name of the secret. */
export function checkStandardSecret(secret: string): Result<string> {
  const isPublicKey = secret.startsWith(PUBLIC_KEY_PREFIX);
  const base64 = isPublicKey
    ? secret.slice(PUBLIC_KEY_PREFIX.length)
    : secret.replace(SECRET_PREFIX, '');
  if (base64 === '' || !isBase64(base64)) {
    return invalid(
      isPublicKey
        ? `is not Base64 after "${PUBLIC_KEY_PREFIX}"`
        : `is not Base64 after "${SECRET_PREFIX}", which may be left out; take it as the sender shows it, or make one: echo "${SECRET_PREFIX}$(openssl rand -base64 32)"`,
    );
  }
  return isPublicKey && Buffer.from(base64, 'base64').length !== PUBLIC_KEY_BYTES
    ? invalid(`is no ed25519 public key of ${PUBLIC_KEY_BYTES} bytes`)
    : ok(secret);
}

/** @param key the 32 bytes of the public key */
export async function verifyEd25519(
  key: Uint8Array,
  signature: Uint8Array,
  signed: Uint8Array,
): Promise<boolean> {
  // The platform throws if the length is wrong.
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
  const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, [
    'verify',
  ]);
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, signed);
}
