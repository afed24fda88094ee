/** The token in the headers of a request. */

import { firstValue, valuesOf, withoutQuoted } from './header.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** `X-Vault-Token`, or `Authorization: Bearer` if there is no other. */
export function tokenOf(headers: Headers): string | undefined {
  return firstValue(headers.get('x-vault-token')) || bearerTokenOf(headers);
}

function bearerTokenOf(headers: Headers): string | undefined {
  // A quoted string of another scheme may have a comma in it.
  const unquoted = withoutQuoted(headers.get('authorization') ?? '');
  // Other schemes are ignored, as in Vault.
  const bearer = valuesOf(unquoted).map((value) => BEARER.exec(value)?.[1]);
  return bearer.find((value) => value !== undefined);
}
