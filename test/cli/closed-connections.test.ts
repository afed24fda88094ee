import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

let server: LocalServer;
beforeAll(async () => {
  server = await startLocalServer([]);
});
afterAll(() => server.stop());

async function post(path: string, body: object = {}, token = server.token): Promise<unknown> {
  const response = await fetch(`${server.address}/v1/${path}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': token, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return response.status === 200 ? response.json() : undefined;
}

/** Less than the 10 s after which workerd ends the connections of a hub without work. */
const SOON_MS = 5000;

it("ends the connection of a revoked reader that has sent a message, as Node's own WebSocket sees it", async () => {
  const policy = `path "sys/events/subscribe/*" { capabilities = ["read"] }
    path "sys/events/ticket" { capabilities = ["update"] }`;
  await post('sys/policies/acl/reader', { policy });
  const { auth } = (await post('auth/token/create', { policies: ['reader'] })) as {
    auth: { client_token: string };
  };
  const { data } = (await post('sys/events/ticket', {}, auth.client_token)) as {
    data: { ticket: string };
  };
  const address = server.address.replace(/^http/, 'ws');
  const socket = new WebSocket(
    `${address}/v1/sys/events/subscribe/abc?ticket=${data.ticket}`,
    'carillon.v1.json',
  );
  const hello = new Promise((resolve) => {
    socket.onmessage = resolve;
  });
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  await hello;
  socket.send('{"type":"credit","events":10}');
  // An event, so that the hub has work: it is not asleep when the connection ends.
  await post('sys/events/publish/abc');
  const revokedAt = performance.now();
  await post('auth/token/revoke', { token: auth.client_token });
  expect(await closed).toBe(1000);
  expect(performance.now() - revokedAt).toBeLessThan(SOON_MS);
});
