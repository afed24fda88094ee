/** A Carillon server with data that lasts, an example with its backend, and the events that the tests publish. */
import { publish } from '../../../src/client/index.ts';
import { LastingServer } from '../../support/lasting-server.ts';
import { post } from '../../support/post.ts';
import { type Example, startExample } from './example.ts';

/** What the users of the examples may see. The policy `default` grants tickets. */
const POLICY = `
  path "sys/events/subscribe/kv-v2/*" { capabilities = ["read"] }
  path "secret/data/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["kv-v2/*"] }
`;

export interface World extends AsyncDisposable {
  readonly server: LastingServer;
  readonly example: Example;
  /** The token of the backend. */
  readonly token: string;
}

/**
 * @param name the folder of the example
 * @param asRoot whether the backend has the root token, which outlives the data of the server
 * @param origins of pages that may use the server
 */
export async function startWorld(
  name: string,
  { asRoot = false, origins = '*' } = {},
): Promise<World> {
  const server = await startServer(origins);
  const token = asRoot ? server.token : await tokenOf(server);
  const env = { VAULT_ADDR: server.address, VAULT_TOKEN: token };
  const example = await startExample(name, env);
  return {
    server,
    example,
    token,
    async [Symbol.asyncDispose]() {
      await example[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** @param origins of pages that may use it */
export function startServer(origins: string): Promise<LastingServer> {
  return LastingServer.start(['--var', `ALLOWED_ORIGINS=${origins}`]);
}

/** A token that may subscribe to what the examples show. */
async function tokenOf(server: LastingServer): Promise<string> {
  await post(server, 'sys/policies/acl/page', { policy: POLICY });
  const { auth } = await post(server, 'auth/token/create', { policies: ['page'] });
  return (auth as { client_token: string }).client_token;
}

export async function ticketOf(server: LastingServer): Promise<string> {
  const { data } = await post(server, 'sys/events/ticket', {});
  return (data as { ticket: string }).ticket;
}

/** Publishes that secrets with these names were written, in one request. */
export async function write(server: LastingServer, ...names: string[]): Promise<void> {
  const events = names.map((name) => {
    const path = `secret/data/${name}`;
    const metadata = { path, data_path: path, operation: 'data-write', modified: 'true' };
    return { eventType: 'kv-v2/data-write', metadata };
  });
  await publish(events, { url: server.address, token: server.token });
}

/** How the examples show what `write` publishes. */
export function linesFor(...names: string[]): string[] {
  return names.map((name) => `kv-v2/data-write secret/data/${name}`);
}
