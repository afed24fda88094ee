/** The secrets of a source, as they are written. */
import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import {
  MAX_SOURCE_SECRET_CHARACTERS,
  MAX_SOURCE_SECRETS,
  MIN_SOURCE_SECRET_CHARACTERS,
} from '../limits.ts';
import { KINDS } from './kinds.ts';
import { problemOfSecret } from './scheme.ts';
import { type SourceSettings, schemesOf } from './settings.ts';

/** What is shown in the place of a secret. */
export const HIDDEN = '(hidden)';

/**
 * Checks the secrets of a source; one alone may be a string, as `vault write` sends it. No message shows one.
 *
 * @returns undefined where none are given, and those that there are stay
 */
export function checkSecrets(
  given: unknown,
  settings: SourceSettings,
): Result<string[] | undefined> {
  const value = typeof given === 'string' ? [given] : given;
  if (KINDS[settings.kind]?.secrets === 'none') return checkNone(value, settings.kind);
  if (value === undefined) return ok(undefined);
  if (!Array.isArray(value) || value.length === 0) {
    return invalid('secrets must be a list of one or more, such as ["…"]');
  }
  if (value.length > MAX_SOURCE_SECRETS) {
    return invalid(`there are ${value.length} secrets, at most ${MAX_SOURCE_SECRETS} are allowed`);
  }
  const schemes = schemesOf(settings);
  for (const [index, secret] of value.entries()) {
    const at = `secrets[${index}]`;
    // Written back as it was read, it would be a secret that everybody knows.
    if (secret === HIDDEN) {
      return invalid(`${at} is ${HIDDEN}, as a secret is shown; leave secrets out to keep them`);
    }
    if (typeof secret !== 'string') return invalid(`${at} must be a string, not ${kindOf(secret)}`);
    if (
      secret.length < MIN_SOURCE_SECRET_CHARACTERS ||
      secret.length > MAX_SOURCE_SECRET_CHARACTERS
    ) {
      return invalid(
        `${at} has ${secret.length} characters; from ${MIN_SOURCE_SECRET_CHARACTERS} to ${MAX_SOURCE_SECRET_CHARACTERS} are allowed`,
      );
    }
    const problem = problemOfSecret(schemes, secret);
    if (problem !== undefined) return invalid(`${at} ${problem}`);
  }
  return ok(value as string[]);
}

function checkNone(value: unknown, kind: string): Result<string[]> {
  return value === undefined || (Array.isArray(value) && value.length === 0)
    ? ok([])
    : invalid(
        `a source of kind ${quote(kind)} has no secrets: the vendor signs with keys of its own; leave secrets out`,
      );
}
