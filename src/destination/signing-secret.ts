/** The secrets with which webhooks are signed. */
import { invalid, ok, type Result } from '../lib/result.ts';
import {
  PRIVATE_KEY_PREFIX,
  PUBLIC_KEY_PREFIX,
  publicKeyOf,
  SECRET_PREFIX,
  type StandardKey,
  standardKey,
} from '../lib/standard-webhooks.ts';
import { MAX_SIGNING_SECRET_BYTES, MIN_SIGNING_SECRET_BYTES } from './limits.ts';

const HOW_TO = `make one: echo "${SECRET_PREFIX}$(openssl rand -base64 32)"`;

/**
 * Checks the form of a secret: `whsec_…`, a shared one, or `whsk_…`, an ed25519 private key. The message of a failure is to
 * follow the name of the secret, and never quotes the secret.
 */
export function checkSigningSecret(secret: string): Result<undefined> {
  if (secret.startsWith(PUBLIC_KEY_PREFIX)) {
    return invalid(
      `is a public key, which signs nothing; give the private key, which begins with "${PRIVATE_KEY_PREFIX}"`,
    );
  }
  if (secret.startsWith(PRIVATE_KEY_PREFIX)) {
    return standardKey(secret) === undefined
      ? invalid(
          `is not the 32 bytes of an ed25519 private key in Base64 after "${PRIVATE_KEY_PREFIX}"`,
        )
      : ok(undefined);
  }
  if (!secret.startsWith(SECRET_PREFIX)) {
    return invalid(`must begin with "${SECRET_PREFIX}" or "${PRIVATE_KEY_PREFIX}"; ${HOW_TO}`);
  }
  const bytes = standardKey(secret)?.bytes.length;
  if (bytes === undefined) return invalid(`is not Base64 after "${SECRET_PREFIX}"; ${HOW_TO}`);
  return bytes < MIN_SIGNING_SECRET_BYTES || bytes > MAX_SIGNING_SECRET_BYTES
    ? invalid(
        `has ${bytes} bytes after "${SECRET_PREFIX}", from ${MIN_SIGNING_SECRET_BYTES} to ${MAX_SIGNING_SECRET_BYTES} are allowed; ${HOW_TO}`,
      )
    : ok(undefined);
}

/** The keys of secrets that `checkSigningSecret` accepts. */
export function signingKeys(secrets: readonly string[]): StandardKey[] {
  return secrets.flatMap((secret) => standardKey(secret) ?? []);
}

/** The public halves of those secrets that are private keys, in order: a receiver verifies with them. */
export function publicKeysOf(secrets: readonly string[]): Promise<string[]> {
  const keys = signingKeys(secrets).filter(({ kind }) => kind === 'ed25519-private');
  return Promise.all(keys.map(publicKeyOf));
}
