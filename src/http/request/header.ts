import { MAX_HANDSHAKE_TOKENS } from '../limits.ts';

/**
 * The first value of a header that may be repeated. A Worker gets repeated values joined by commas. Vault Proxy adds
 * its headers again with every reconnect, and Go uses the first one.
 */
export function firstValue(header: string | null): string {
  return header?.split(',', 1)[0]?.trim() ?? '';
}

/** The values of a header that is a list, without empty ones (RFC 9110, 5.6.1). */
export function valuesOf(header: string | null): string[] {
  const values = (header ?? '').split(',').map((value) => value.trim());
  return values.filter((value) => value !== '');
}

/**
 * A header without the content of its quoted strings. An unterminated string reaches to the end of the value. If the
 * expression could fail there, it would be tried again at every quote.
 */
export function withoutQuoted(header: string): string {
  return header.replace(/"(?:[^"\\]|\\.?)*(?:"|$)/gs, '""');
}

/** Whether a header that is a list of names has this name. Case is ignored. */
export function hasName(header: string | null, name: string): boolean {
  return valuesOf(header).some((value) => value.toLowerCase() === name);
}

/**
 * Those of the names that a client accepts, in the order of its preference (RFC 9110, 12.5.1): by weight, then as
 * written. A weight of 0 rejects a name, and a malformed weight is 1. Wildcards are ignored.
 */
export function acceptedOf(header: string | null, names: readonly string[]): string[] {
  const ranges = valuesOf(header).map((range) => {
    const [name = '', ...parameters] = range
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return { name, weight: /^[01](?:\.\d{0,3})?$/.test(text) ? Number(text) : 1 };
  });
  return ranges
    .filter(({ name, weight }) => weight > 0 && names.includes(name))
    .sort((a, b) => b.weight - a.weight)
    .map(({ name }) => name);
}

/** The token in the headers of a request. */
const BEARER = /^Bearer +(\S+)$/i;

/** `X-Vault-Token`, or `Authorization: Bearer` if there is no other. */
export function tokenOf(headers: Headers): string | undefined {
  return firstValue(headers.get('x-vault-token')) || bearerTokenOf(headers);
}

/**
 * The tokens of a handshake, in the order in which they are tried. With every reconnect Vault Proxy adds the token that it has
 * then behind those that it had. So the last value is tried after the first one, and then those before it.
 */
export function tokensOf(headers: Headers): string[] {
  const first = tokenOf(headers);
  if (first === undefined) return [];
  const others = valuesOf(headers.get('x-vault-token')).reverse();
  return [...new Set([first, ...others])].slice(0, MAX_HANDSHAKE_TOKENS);
}

function bearerTokenOf(headers: Headers): string | undefined {
  // A quoted string of another scheme may have a comma in it.
  const unquoted = withoutQuoted(headers.get('authorization') ?? '');
  // Other schemes are ignored, as in Vault.
  const bearer = valuesOf(unquoted).map((value) => BEARER.exec(value)?.[1]);
  return bearer.find((value) => value !== undefined);
}
