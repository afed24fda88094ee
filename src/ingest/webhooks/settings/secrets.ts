/** Checks the secrets of a source. No message contains one. */
import { HIDDEN } from '../../../lib/hidden.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { kindOf, quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import {
  MAX_READ_TOKEN_CHARACTERS,
  MAX_SOURCE_SECRET_CHARACTERS,
  MAX_SOURCE_SECRETS,
  MIN_SOURCE_SECRET_CHARACTERS,
} from '../../limits.ts';
import type { Kind } from '../vendors/kind.ts';
import { checkSecret } from '../verifiers/verifier.ts';
import { findKind, type SourceSettings, verifiersOf } from './settings.ts';

/**
 * @param given a list, or a single string, as `vault write` sends it
 * @returns undefined if none are given: the stored ones remain
 */
export function checkSecrets(
  given: unknown,
  settings: SourceSettings,
): Result<string[] | undefined> {
  const value = typeof given === 'string' ? [given] : given;
  const kind = findKind(settings.kind);
  if (kind?.secrets === 'none') return checkNone(value, settings.kind, kind);
  if (value === undefined) return ok(undefined);
  if (!Array.isArray(value) || value.length === 0) {
    return invalid('secrets must be a list of one or more, such as ["…"]');
  }
  if (value.length > MAX_SOURCE_SECRETS) {
    return invalid(`there are ${value.length} secrets, at most ${MAX_SOURCE_SECRETS} are allowed`);
  }
  const verifiers = verifiersOf(settings);
  for (const [index, secret] of value.entries()) {
    const name = `secrets[${index}]`;
    // If a shown secret were written back, everybody would know it.
    if (secret === HIDDEN) {
      return invalid(`${name} is ${HIDDEN}, as a secret is shown; leave secrets out to keep them`);
    }
    if (typeof secret !== 'string') {
      return invalid(`${name} must be a string, not ${kindOf(secret)}`);
    }
    if (
      secret.length < MIN_SOURCE_SECRET_CHARACTERS ||
      secret.length > MAX_SOURCE_SECRET_CHARACTERS
    ) {
      return invalid(
        `${name} has ${secret.length} characters; from ${MIN_SOURCE_SECRET_CHARACTERS} to ${MAX_SOURCE_SECRET_CHARACTERS} are allowed`,
      );
    }
    const checked = checkSecret(verifiers, secret);
    if (!checked.ok) return invalid(`${name} ${checked.failure.message}`);
  }
  return ok(value as string[]);
}

function checkNone(value: unknown, name: string, { arrivesBy }: Kind): Result<string[]> {
  const why =
    arrivesBy === 'queue'
      ? 'whoever may send to its queue is its sender'
      : 'the vendor signs with keys of its own';
  return value === undefined || (Array.isArray(value) && value.length === 0)
    ? ok([])
    : invalid(`a source of kind ${quote(name)} has no secrets: ${why}; leave secrets out`);
}

/**
 * The token with which the server of audit entries is asked.
 *
 * @param given the `read` of a body
 * @returns undefined if it has no token: the stored one remains
 */
export function checkReadToken(given: unknown): Result<string | undefined> {
  const token = isJsonObject(given) ? (given.token ?? undefined) : undefined;
  if (token === undefined) return ok(undefined);
  if (token === HIDDEN) {
    return invalid(`read.token is ${HIDDEN}, as it is shown; leave it out to keep it`);
  }
  if (typeof token !== 'string') {
    return invalid(`read.token must be a string, not ${kindOf(token)}`);
  }
  return /^[\x21-\x7e]+$/.test(token) && token.length <= MAX_READ_TOKEN_CHARACTERS
    ? ok(token)
    : invalid(
        `read.token must be a token of the audited server: from 1 to ${MAX_READ_TOKEN_CHARACTERS} characters of ASCII, without blanks`,
      );
}
