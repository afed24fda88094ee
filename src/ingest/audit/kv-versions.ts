/** The versions of a secret that a request names. The audit device may have hashed them. */
import { MAX_AUDITED_VERSIONS } from '../limits.ts';

/**
 * The versions as an event has them (`[1,2]`). A kv mount accepts a list or one version, numbers or strings, and strings
 * with commas. Undefined if there is none, or if one cannot be read because it is hashed: a list without it would be
 * wrong.
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

export function versionNumber(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && Number(number) >= 0 ? Number(number) : undefined;
}
