/** What commands say to servers that accept connections and do not answer, and to servers of something else. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../support/run.ts';

const hanging = createServer(() => {});
const web = createServer((_request, response) => response.end('<html>'));
hanging.on('upgrade', () => {});
web.on('upgrade', (_request, socket) => {
  socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>');
});

beforeAll(async () => {
  for (const server of [hanging, web]) {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
});
afterAll(() => {
  for (const server of [hanging, web]) {
    server.closeAllConnections();
    server.close();
  }
});

function envOf(server: Server, scheme = 'http') {
  const { port } = server.address() as AddressInfo;
  return { VAULT_ADDR: `${scheme}://127.0.0.1:${port}`, VAULT_TOKEN: 'tok' };
}

it('"status" says how long it has waited', async () => {
  const env = envOf(hanging);
  const { code, stderr } = await run(['status'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(`carillon: ${env.VAULT_ADDR} has not answered within 10 s; `);
});

it.each([[[]], [['--follow']]])(
  '"events subscribe --timeout 1s" ends in time before it is subscribed: %j',
  async (more) => {
    const args = ['events', 'subscribe', '--timeout', '1s', ...more, 'kv*'];
    const { code, stdout } = await run(args, envOf(hanging));
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  },
);

it('"events subscribe" takes nothing else for the server', async () => {
  const { code, stderr } = await run(['events', 'subscribe', 'kv*'], envOf(web));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^carillon: http:\S+ answered 200, but not as Carillon or Vault do; is VAULT_ADDR the address of the server\?\n$/,
  );
});

it('"events subscribe" names http where https has no answer', async () => {
  const { code, stderr } = await run(['events', 'subscribe', 'kv*'], envOf(web, 'https'));
  expect(code).toBe(1);
  expect(stderr).toContain('it speaks no TLS there; is VAULT_ADDR to begin with "http://"?');
});
