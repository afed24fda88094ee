/** The versions that a request names: numbers, or what the device has left of them. */
import { MAX_AUDITED_VERSIONS } from '../limits.ts';

/**
 * Versions as an event carries them (`[1,2]`), of all the forms that a kv mount takes: a list or one alone,
 * numbers or text, text with commas. Undefined where one of them cannot be read, since it was hashed or there
 * are none: half a list would tell something else.
 */
export function versionList(value: unknown): string | undefined {
  const elements = Array.isArray(value) ? value : [value];
  if (elements.length > MAX_AUDITED_VERSIONS) return undefined;
  const versions = elements
    .flatMap((element) => (typeof element === 'string' ? element.split(',') : [element]))
    .map(versionNumber);
  if (versions.length === 0 || versions.length > MAX_AUDITED_VERSIONS) return undefined;
  return versions.includes(undefined) ? undefined : JSON.stringify(versions);
}

/** A version of a secret. */
export function versionNumber(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && Number(number) >= 0 ? Number(number) : undefined;
}
