/** The secrets of sources that verify Standard Webhooks: symmetric keys after `whsec_`, and ed25519 public keys after `whpk_`. */
import { invalid, ok, type Result } from '../../../lib/result.ts';
import {
  ED25519_KEY_BYTES,
  PRIVATE_KEY_PREFIX,
  PUBLIC_KEY_PREFIX,
  SECRET_PREFIX,
  standardKey,
} from '../../../lib/standard-webhooks.ts';
import { isBase64 } from '../../../lib/text.ts';

/** The message of a failure is to follow the name of the secret. */
export function checkStandardSecret(secret: string): Result<string> {
  if (secret.startsWith(PRIVATE_KEY_PREFIX)) {
    return invalid(
      `is a private key, which only the sender has; give its public key, which begins with "${PUBLIC_KEY_PREFIX}"`,
    );
  }
  if (standardKey(secret) !== undefined) return ok(secret);
  if (!secret.startsWith(PUBLIC_KEY_PREFIX)) {
    return invalid(
      `is not Base64 after "${SECRET_PREFIX}", which may be left out; take it as the sender shows it, or make one: echo "${SECRET_PREFIX}$(openssl rand -base64 32)"`,
    );
  }
  const base64 = secret.slice(PUBLIC_KEY_PREFIX.length);
  return invalid(
    base64 === '' || !isBase64(base64)
      ? `is not Base64 after "${PUBLIC_KEY_PREFIX}"`
      : `is no ed25519 public key of ${ED25519_KEY_BYTES} bytes`,
  );
}
