/** The claims of a token, found and compared. Names and values are the issuer's: any JSON. */
import { isJsonObject } from '../lib/json.ts';

export type Claims = Record<string, unknown>;
export type ClaimScalar = string | number | boolean;

/**
 * The value of a claim; undefined where there is none or null. A name that begins with a `/` is a JSON
 * pointer (RFC 6901).
 */
export function claimOf(claims: Claims, name: string): unknown {
  if (!name.startsWith('/')) return memberOf(claims, name);
  let value: unknown = claims;
  for (const token of name.slice(1).split('/')) {
    value = memberOf(value, token.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return value;
}

/** The value of a claim by its name alone. */
export function memberOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    return /^(?:0|[1-9]\d*)$/.test(name) ? (value[Number(name)] ?? undefined) : undefined;
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
  return value[name] ?? undefined;
}

/** A list as it is, and one value as a list of it: issuers write either. Undefined for an object. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return isScalar(value) ? [value] : undefined;
}

export function isScalar(value: unknown): value is ClaimScalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
