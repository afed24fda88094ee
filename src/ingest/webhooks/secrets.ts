/** The secrets of a source, as they are written. */
import { kindOf } from '../../event/quote.ts';
import {
  MAX_SOURCE_SECRET_CHARACTERS,
  MAX_SOURCE_SECRETS,
  MIN_SOURCE_SECRET_CHARACTERS,
} from '../../limits.ts';
import { invalid, ok, type Result } from '../../result.ts';
import { problemOfSecret } from './scheme.ts';
import { type SourceSettings, schemesOf } from './settings.ts';

/** What is shown in the place of a secret. */
export const HIDDEN = '(hidden)';

/** Checks the secrets of a source; one alone may be a string, as `vault write` sends it. No message shows one. */
export function checkSecrets(given: unknown, settings: SourceSettings): Result<string[]> {
  const value = typeof given === 'string' ? [given] : given;
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
