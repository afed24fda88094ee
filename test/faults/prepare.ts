/** Makes what a run needs on the server: the namespace, the policies and the tokens. */
import type { Tokens } from './population.ts';
import { CHILD, PUBLISHER_POLICY, READER_POLICY, RED_POLICY } from './scenario.ts';
import { ROOT_TOKEN } from './server.ts';

const READERS = 16;
const RESTRICTED_READERS = 4;
/** A run of some minutes uses a part of them. */
const NAMELESS_READERS = 200;

/** @returns the tokens of the subscribers, and of so many publishers */
export async function prepare(
  port: number,
  count: number,
): Promise<{ readonly subscribers: Tokens; readonly publishers: readonly string[] }> {
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
  const makeTokens = async (many: number, policy: string): Promise<string[]> => {
    const tokens: string[] = [];
    for (let made = 0; made < many; made++) {
      const answer = await ask('auth/token/create', { policies: [policy] });
      tokens.push((answer as { auth: { client_token: string } }).auth.client_token);
    }
    return tokens;
  };
  await ask(`sys/namespaces/${CHILD.slice(0, -1)}`, {});
  await ask('sys/policies/acl/reader', { policy: READER_POLICY });
  await ask('sys/policies/acl/red', { policy: RED_POLICY });
  await ask('sys/policies/acl/publisher', { policy: PUBLISHER_POLICY });
  return {
    subscribers: {
      root: ROOT_TOKEN,
      readers: await makeTokens(READERS, 'reader'),
      restricted: await makeTokens(RESTRICTED_READERS, 'red'),
      nameless: {
        readers: await makeTokens(NAMELESS_READERS, 'reader'),
        restricted: await makeTokens(NAMELESS_READERS / 4, 'red'),
      },
    },
    publishers: await makeTokens(count, 'publisher'),
  };
}
