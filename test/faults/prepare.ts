/** Makes what a run needs on the server: the namespace, the policies and the tokens. */
import { CHILD, PUBLISHER_POLICY, RED_POLICY } from './scenario.ts';
import { ROOT_TOKEN } from './server.ts';

/** @returns the tokens of subscribers with a policy of their own, and of so many publishers */
export async function prepare(
  port: number,
  count: number,
): Promise<{ restricted: string; publishers: string[] }> {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
      method: 'POST',
      headers: { 'X-Vault-Token': ROOT_TOKEN, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const makeToken = async (policy: string): Promise<string> => {
    const made = await ask('auth/token/create', { policies: [policy] });
    return (made as { auth: { client_token: string } }).auth.client_token;
  };
  await ask(`sys/namespaces/${CHILD.slice(0, -1)}`, {});
  await ask('sys/policies/acl/red', { policy: RED_POLICY });
  await ask('sys/policies/acl/publisher', { policy: PUBLISHER_POLICY });
  const restricted = await makeToken('red');
  const publishers = [];
  for (let made = 0; made < count; made++) publishers.push(await makeToken('publisher'));
  return { restricted, publishers };
}
