/** The headers of a delivery. */

export const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/** Headers that contain the secret of the source. A rule must not read them: it would show the secret in an event. */
const SECRET_HEADERS = ['X-Vault-Token', 'Authorization', 'X-Gitlab-Token'] as const;
export type SecretHeader = (typeof SECRET_HEADERS)[number];

export function isSecretHeader(name: string): boolean {
  return SECRET_HEADERS.some((each) => each.toLowerCase() === name.toLowerCase());
}

/**
 * The value of a header that a sender writes once. If a proxy repeats the header, HTTP joins the values with a comma.
 * Equal values are one value; different ones stay joined, because it is unknown which is right.
 */
export function headerValue(headers: Headers, name: string): string | undefined {
  const value = headers.get(name) ?? undefined;
  const [first, ...others] = value?.split(',').map((each) => each.trim()) ?? [];
  return others.length > 0 && others.every((each) => each === first) ? first : value;
}
