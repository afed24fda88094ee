/** A WebSocket that cannot ping, as of a page, whose network vanishes without a word. Time goes a hundred times as fast. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PING_INTERVAL_MS } from '../../src/client/bounds.ts';
import { publish } from '../../src/client/index.ts';
import { socketRuntime } from '../../src/client/platform.ts';
import type { SocketRuntime } from '../../src/client/runtime.ts';
import { ResumingSubscription } from '../../src/client/subscription.ts';
import { TcpProxy } from '../faults/proxy.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

const SPEED = 100;

let server: LocalServer;
let proxy: TcpProxy;

beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root']);
  proxy = await TcpProxy.listen();
  proxy.target = Number(new URL(server.address).port);
}, 60_000);
afterAll(async () => {
  proxy.close();
  await server.stop();
});

/** Node's own WebSocket, through the proxy. Requests go past it: they would wait in a connection that is kept alive. */
function fastRuntime(url: string): SocketRuntime {
  const runtime = socketRuntime({ url });
  return {
    ...runtime,
    fetch: (address, request) => runtime.fetch(address.replace(url, server.address), request),
    now: () => runtime.now() * SPEED,
    schedule: (callback, milliseconds) => runtime.schedule(callback, milliseconds / SPEED),
  };
}

async function publishAt(id: string): Promise<void> {
  await publish({ eventType: 'abc/d', id }, { url: server.address, token: 'root' });
}

it('is kept while nothing happens, and replaced when it is not answered: no event is missed', async () => {
  let connections = 0;
  const url = `http://127.0.0.1:${proxy.port}`;
  await using subscription = new ResumingSubscription(fastRuntime(url), 'abc/*', {
    url,
    token: 'root',
    timeout: 30_000 * SPEED,
    onState: ({ type }) => {
      if (type === 'connected') connections++;
    },
  });
  await subscription.opened();
  // Time is what is tested: ten heartbeats are answered.
  await new Promise((resolve) => setTimeout(resolve, (10 * PING_INTERVAL_MS) / SPEED));
  expect(connections).toBe(1);
  await publishAt('a');
  expect((await subscription.next()).value).toMatchObject({ id: 'a' });

  for (const link of proxy.links) link.freeze();
  await publishAt('b');
  expect((await subscription.next()).value).toMatchObject({ id: 'b' });
  expect(connections).toBe(2);
});
