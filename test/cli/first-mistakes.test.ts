/** What the command line says to the mistakes of a first hour that concern the server as a whole. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';

let server: LocalServer;
const web = createServer((_request, response) => response.writeHead(404).end('<html>'));
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
  await once(web.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  web.close();
  await server.stop();
});

async function refusalOf(
  wrong: Record<string, string>,
  args = ['policy', 'list'],
): Promise<string> {
  const { code, stdout, stderr } = await run(args, { ...env, ...wrong });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

it.each([
  [['policy', 'list']],
  [['events', 'subscribe', '*']],
  [['events', 'publish', 'a', 'b=c']],
])('a token of a server that has restarted: %j', async (args) => {
  expect(await refusalOf({ VAULT_TOKEN: 'dev-of-another' }, args)).toContain(
    'the server does not know the token: it has expired, was revoked, or is of another server; log in again, or set VAULT_TOKEN',
  );
});

it('the placeholder of a document instead of a token', async () => {
  expect(await refusalOf({ VAULT_TOKEN: 'dev-…' })).toBe(
    'carillon: VAULT_TOKEN has a character that no header can carry: U+2026 ("…"), at position 5; copy it again\n',
  );
});

it('the address of something else', async () => {
  const { port } = web.address() as AddressInfo;
  expect(await refusalOf({ VAULT_ADDR: `http://127.0.0.1:${port}` })).toBe(
    `carillon: http://127.0.0.1:${port} answered 404, but not as Carillon or Vault do; is VAULT_ADDR the address of the server?\n`,
  );
});

it('https where the server speaks http', async () => {
  const address = server.address.replace('http:', 'https:');
  expect(await refusalOf({ VAULT_ADDR: address })).toContain(
    'it speaks no TLS there; is VAULT_ADDR to begin with "http://"?',
  );
});

it('a policy that does not let the token subscribe at all', async () => {
  const headers = { 'X-Vault-Token': server.token };
  const created = await fetch(`${server.address}/v1/auth/token/create`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ policies: ['default'] }),
  });
  const { auth } = (await created.json()) as { auth: { client_token: string } };
  const said = await refusalOf({ VAULT_TOKEN: auth.client_token }, ['events', 'subscribe', 'kv*']);
  expect(said).toContain(
    'no policy of this token allows "read" on "sys/events/subscribe/kv*"; add',
  );
});

it.each([
  ['127.0.0.1', 'leads to this machine only'],
  ['0.0.0.0', 'is of a private network'],
])('a source whose vendor cannot reach the server at %s', async (host, reach) => {
  const { port } = new URL(server.address);
  const address = `http://${host}:${port}`;
  const args = ['source', 'write', '--kind', 'github', '--secret-file', '-', 'hub'];
  const { code, stderr } = await run(args, { ...env, VAULT_ADDR: address }, 'a-secret-of-the-test');
  expect(code).toBe(0);
  expect(stderr).toContain(`its address is ${address}/v1/sys/events/in/hub\n`);
  expect(stderr).toContain(
    `note: ${address} ${reach}: a sender elsewhere, such as a vendor, needs a public address.`,
  );
});
