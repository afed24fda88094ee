/**
 * Vault ignores members of a body that an endpoint does not have, and warns of them. So a client that misspells
 * `policies` learns why its new token has the policies of its creator.
 */
import { MAX_WARNING_CHARACTERS } from './limits.ts';
import { done, json } from './respond.ts';

/** Adds the warning to a successful response. @param parameters undefined if there is nothing to warn of */
export async function warnOfUnread(
  response: Response,
  body: Readonly<Record<string, unknown>>,
  parameters: readonly string[] | undefined,
): Promise<Response> {
  const unread =
    parameters === undefined ? [] : Object.keys(body).filter((name) => !parameters.includes(name));
  if (unread.length === 0 || !response.ok) return response;
  const names = unread.sort().join(' ').slice(0, MAX_WARNING_CHARACTERS);
  const warning = `Endpoint ignored these unrecognized parameters: [${names}]`;
  if (response.status === 204) return done([warning]);
  const answered = (await response.json()) as { readonly warnings?: readonly string[] | null };
  return json(response.status, { ...answered, warnings: [...(answered.warnings ?? []), warning] });
}
