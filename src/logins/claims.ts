/** Looks up the claims of a token. The issuer chooses their names and values, so they may be any JSON. */
import { isJsonObject } from '../lib/json.ts';

export type Claims = Record<string, unknown>;
export type ClaimScalar = string | number | boolean;

/**
 * @param name begins with a `/` if it is a JSON pointer (RFC 6901)
 * @returns undefined if the claim is absent or null
 */
export function claimOf(claims: Claims, name: string): unknown {
  if (!name.startsWith('/')) return memberOf(claims, name);
  let value: unknown = claims;
  for (const token of name.slice(1).split('/')) {
    value = memberOf(value, token.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return value;
}

/** The value of a claim whose name is never read as a JSON pointer. */
export function memberOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    return /^(?:0|[1-9]\d*)$/.test(name) ? (value[Number(name)] ?? undefined) : undefined;
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
  return value[name] ?? undefined;
}

/** A list, or a single value as a list: issuers write both. Undefined for an object. */
export function asList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return isScalar(value) ? [value] : undefined;
}

export function isScalar(value: unknown): value is ClaimScalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
