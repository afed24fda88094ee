import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HEARTBEAT } from '../../src/wire/carillon-v1/heartbeat.ts';
import {
  EVICTION_MS,
  type ObservedServer,
  startObservedServer,
} from '../support/observed-server.ts';
import { scratchFolder } from '../support/scratch.ts';
import { subscribe } from '../support/subscriber.ts';

const scratch = scratchFolder();
let server: ObservedServer;

beforeAll(async () => {
  server = await startObservedServer(join(scratch, 'data'));
}, 60_000);

afterAll(() => server.stop());

async function post(path: string, body: object = {}): Promise<unknown> {
  const response = await fetch(`${server.address}/v1/${path}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': 'root', 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return response.status === 200 ? response.json() : undefined;
}

async function publish(eventType: string): Promise<void> {
  await post(`sys/events/publish/${eventType}`);
}

/** A token that may subscribe to anything. */
async function makeToken(): Promise<string> {
  const policy = 'path "sys/events/subscribe/*" { capabilities = ["read"] }';
  await post('sys/policies/acl/listener', { policy });
  const { auth } = (await post('auth/token/create', { policies: ['listener'] })) as {
    auth: { client_token: string };
  };
  return auth.client_token;
}

it('hubs leave memory while their subscribers stay connected, ping and send heartbeats, and come back for an event or a revocation', async () => {
  await using own = await subscribe(server, 'abc', { query: 'json=true' });
  await using spanning = await subscribe(server, 'a*', { query: 'json=true' });
  await using page = await subscribe(server, 'abc', { query: 'json=true' });
  const token = await makeToken();
  await using revoked = await subscribe({ ...server, token }, 'other', { query: 'json=true' });
  await publish('abc');
  await own.next();
  await spanning.next();
  await page.next();
  expect(await server.made()).toMatchObject({ hub: 2, wildcardHub: 1 });

  // Nothing else tells a hub that is asleep from one that is idle: the test has to wait as long.
  const pings = setInterval(() => {
    own.socket.ping();
    spanning.socket.ping();
    page.socket.send(HEARTBEAT);
  }, 1000);
  await new Promise((resolve) => setTimeout(resolve, EVICTION_MS + 3000));
  clearInterval(pings);
  for (let seconds = 0; seconds < EVICTION_MS / 1000; seconds++) {
    expect(await page.next()).toMatchObject({ text: HEARTBEAT });
  }
  expect(await server.made()).toMatchObject({ hub: 2, wildcardHub: 1 });

  await publish('abc');
  await own.next();
  await spanning.next();
  expect(await server.made()).toMatchObject({ hub: 3, wildcardHub: 2 });

  const revokedAt = performance.now();
  await post('auth/token/revoke', { token });
  expect(await revoked.closed).toEqual({ code: 1000, reason: '' });
  expect(performance.now() - revokedAt).toBeLessThan(1000);
  expect(await server.made()).toMatchObject({ hub: 4, wildcardHub: 2 });
}, 60_000);
