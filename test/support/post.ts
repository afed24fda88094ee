/**
 * Sends a POST as the holder of the root token.
 *
 * @returns the body of the answer; an empty object if it has none
 * @throws Error with the answer, if the server refuses
 */
export async function post(
  { address, token }: { readonly address: string; readonly token: string },
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${address}/v1/${path}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': token },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
