/**
 * Headers of a webhook that contain a credential, by their names. The API shows none of their values. Who writes what it shows
 * keeps the stored value, if the URL stays the same: another receiver would be given it.
 */

import { HIDDEN } from '../lib/hidden.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { TargetSettings } from './settings.ts';

type Headers = Readonly<Record<string, string>>;

const CREDENTIAL = /auth|token|key|secret|pass|signature|credential|session|jwt|bearer|hmac/i;

export function shownHeaders(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, CREDENTIAL.test(name) ? HIDDEN : value]),
  );
}

/** The names of headers with a credential whose value is written. */
export function credentialHeaders(target: TargetSettings): string[] {
  return Object.entries(target.type === 'webhook' ? target.headers : {})
    .filter(([name, value]) => CREDENTIAL.test(name) && value !== HIDDEN)
    .map(([name]) => name);
}

export function hasHiddenHeaders(target: TargetSettings): boolean {
  return target.type === 'webhook' && Object.values(target.headers).includes(HIDDEN);
}

/** @param stored what the destination has; undefined if it is new. @returns the target with the values that it keeps */
export function withStoredHeaders(
  target: TargetSettings,
  stored: TargetSettings | undefined,
): Result<TargetSettings> {
  if (target.type !== 'webhook') return ok(target);
  const before = stored?.type === 'webhook' ? stored : undefined;
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(target.headers)) {
    const kept = value === HIDDEN ? storedValueOf(before?.headers ?? {}, name) : value;
    if (kept === undefined) {
      return invalid(
        `headers[${quote(name)}] is ${HIDDEN}, as a stored value is shown, and none is stored; write the value`,
      );
    }
    if (value === HIDDEN && before !== undefined && before.url !== target.url) {
      return invalid(
        `headers[${quote(name)}] is ${HIDDEN}, and the URL changes: another receiver would be given the stored value; write the value again`,
      );
    }
    headers.push([name, kept]);
  }
  return ok({ ...target, headers: Object.fromEntries(headers) });
}

function storedValueOf(headers: Headers, name: string): string | undefined {
  const lower = name.toLowerCase();
  return Object.entries(headers).find(([each]) => each.toLowerCase() === lower)?.[1];
}
