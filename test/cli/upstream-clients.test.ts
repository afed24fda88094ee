/**
 * What Vault Secrets Operator and Vault Proxy do at the one address that they know: log in, read a secret,
 * subscribe, hear that it was written, and read it again.
 */
import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { startOpenBao } from '../support/openbao.ts';
import { run } from '../support/run.ts';
import { subscribe } from '../support/subscriber.ts';

const POLICY = `
path "sys/events/subscribe/kv*" { capabilities = ["read"] }
path "secret/data/app" {
  capabilities          = ["list", "subscribe"]
  subscribe_event_types = ["kv-v2/data-*"]
}
`;

let openBao: Server;
let carillon: LocalServer;

beforeAll(async () => {
  const started = await startOpenBao();
  openBao = started.server;
  const own = ['--upstream', started.address, '--root-token', 'carillon-root'];
  // An answer has its event stored, so that none of a write before the subscription comes later.
  own.push('--var', 'UPSTREAM_EVENTS=strict');
  carillon = await startLocalServer(own);
  const env = { VAULT_ADDR: carillon.address, VAULT_TOKEN: 'carillon-root' };
  const written = await run(['policy', 'write', 'app', '-'], env, POLICY);
  expect(written.code).toBe(0);
});
afterAll(async () => {
  await carillon.stop();
  openBao.closeAllConnections();
  openBao.close();
});

type Json = Record<string, unknown>;

async function ask(
  method: string,
  path: string,
  token?: string,
  body?: object,
): Promise<{ readonly status: number; readonly data: Json; readonly auth: Json }> {
  const response = await fetch(`${carillon.address}/v1/${path}`, {
    method,
    // Of an operator that is not told of a namespace, the header is there and empty.
    headers: { ...(token && { 'X-Vault-Token': token }), 'X-Vault-Namespace': '' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, ...((await response.json()) as { data: Json; auth: Json }) };
}

async function logIn(): Promise<string> {
  const { auth } = await ask('POST', 'auth/userpass/login/ann', undefined, { password: 'pw' });
  return auth.client_token as string;
}

describe.each([
  ['Vault Secrets Operator', 'kv%2A', 'json=true', { 'X-Vault-Namespace': '' }],
  ['Vault Proxy', 'kv%2A', 'json=true&namespaces=%2A', {}],
])('%s', (_, encoded, query, headers) => {
  it('learns of a secret that was written, and reads the new one', async () => {
    const [token, writer] = [await logIn(), await logIn()];
    await ask('PUT', 'secret/data/app', writer, { data: { password: 'old' } });
    const before = await ask('GET', 'secret/data/app', token);
    expect(before.data).toMatchObject({ data: { password: 'old' } });

    const target = { address: carillon.address, token };
    await using subscriber = await subscribe(target, 'kv*', { encoded, query, headers });
    await ask('PUT', 'secret/data/app', writer, { data: { password: 'new' } });

    const { text } = await subscriber.next();
    const { data } = JSON.parse(text) as { data: { event: { metadata: Json } } };
    expect(data).toMatchObject({
      event: { metadata: { path: 'secret/data/app', modified: 'true' } },
      event_type: 'kv-v2/data-write',
      plugin_info: { mount_path: 'secret/' },
    });
    const after = await ask('GET', String(data.event.metadata.path), token);
    const version = Number(data.event.metadata.current_version);
    expect(after.data).toMatchObject({ data: { password: 'new' }, metadata: { version } });
  });

  it('is told by the words that it looks for that its token is no more', async () => {
    const url = `${carillon.address}/v1/sys/events/subscribe/${encoded}?${query}`;
    const response = await fetch(url, { headers: { ...headers, 'X-Vault-Token': 's.unknown' } });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('invalid token');
  });
});
