/** Who sends a request. */

import type { Refusal } from './answer.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** The stable identity of a token's holder. */
export type Principal = string;

/**
 * Finds who the request's token belongs to: `X-Vault-Token`, else `Authorization: Bearer`.
 *
 * @returns the principal, or the refusal
 */
export async function authenticate(
  headers: Headers,
  rootToken: string,
): Promise<Principal | Refusal> {
  const token = tokenOf(headers);
  if (token === undefined) return { reason: 'no_token' };
  return (await equalInConstantTime(token, rootToken)) ? 'root' : { reason: 'invalid_token' };
}

function tokenOf(headers: Headers): string | undefined {
  const token = firstValue(headers.get('x-vault-token'));
  if (token !== '') return token;
  // Other schemes are passed over, as in Vault.
  const bearer = headers
    .get('authorization')
    ?.split(',')
    .map((value) => BEARER.exec(value.trim())?.[1]);
  return bearer?.find((value) => value !== undefined);
}

/**
 * The first value of a header that may be repeated; a Worker gets them joined by commas. Vault Proxy
 * adds its headers again with every reconnect, and Go takes the first.
 */
export function firstValue(header: string | null): string {
  return header?.split(',', 1)[0]?.trim() ?? '';
}

/** Digests have one length, so neither the time nor an early return tells how much of a guess is right. */
async function equalInConstantTime(a: string, b: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [left, right] = await Promise.all([
    crypto.subtle.digest('SHA-256', encoder.encode(a)),
    crypto.subtle.digest('SHA-256', encoder.encode(b)),
  ]);
  return crypto.subtle.timingSafeEqual(left, right);
}
