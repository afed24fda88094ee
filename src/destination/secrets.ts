/** Reads the secrets of a webhook. No message contains one. */

import type { Fields } from '../lib/fields.ts';
import { HIDDEN } from '../lib/hidden.ts';
import { kindOf } from '../lib/quote.ts';
import { MAX_DESTINATION_SECRETS } from './limits.ts';
import { checkSigningSecret } from './signing-secret.ts';

/** @returns undefined if none are given: the stored ones remain */
export function readSecrets(fields: Fields): readonly string[] | undefined {
  const raw = fields.raw('secrets');
  if (raw === undefined) return undefined;
  const given: unknown = typeof raw === 'string' ? raw.split(',').map((each) => each.trim()) : raw;
  if (!Array.isArray(given) || given.length === 0) {
    fields.reject('secrets must be a list of one or more, such as ["whsec_…"]');
    return undefined;
  }
  if (given.length > MAX_DESTINATION_SECRETS) {
    fields.reject(
      `there are ${given.length} secrets, at most ${MAX_DESTINATION_SECRETS} are allowed`,
    );
    return undefined;
  }
  return given.map((secret: unknown, index) => checked(fields, `secrets[${index}]`, secret));
}

function checked(fields: Fields, name: string, secret: unknown): string {
  if (typeof secret !== 'string') {
    fields.reject(`${name} must be a string, not ${kindOf(secret)}`);
    return '';
  }
  if (secret === HIDDEN) {
    // If a shown secret were written back, everybody would know it.
    fields.reject(`${name} is ${HIDDEN}, as a secret is shown; leave secrets out to keep them`);
  }
  const result = checkSigningSecret(secret);
  if (!result.ok) fields.reject(`${name} ${result.failure.message}`);
  return secret;
}
