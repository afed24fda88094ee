import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Audience } from '../../bench/load/audience.ts';
import { type SocketSet, stampOf } from '../../bench/load/protocol.ts';

const SUBSCRIBERS = 3;
const SHORT_PATIENCE_MS = 50;
const PATIENCE_MS = 10_000;

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

const SET: SocketSet = {
  path: '/',
  headers: {},
  count: SUBSCRIBERS,
  expects: true,
  acknowledges: false,
};

/** An audience, and the sockets that a server has for it. */
async function seated(sets: readonly SocketSet[] = [SET]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const audience = await Audience.open({ port: (server.address() as AddressInfo).port, sets });
  ending.push(
    () => audience.destroy(),
    () => server.close(),
  );
  audience.begin();
  return { audience, sockets };
}

function event(sequence: number): string {
  return `{"stamp":"${stampOf(sequence, 0)}","text":"${'x'.repeat(70_000)}"}`;
}

describe('the load of the bench', () => {
  it('finds nothing wrong where everybody hears everything once and in one order', async () => {
    const { audience, sockets } = await seated();
    for (const socket of sockets) {
      for (const sequence of [1, 0, 2]) socket.send(event(sequence));
    }
    expect(await audience.until(3 * SUBSCRIBERS, PATIENCE_MS)).toBe(true);
    expect(audience).toMatchObject({ deliveries: 3 * SUBSCRIBERS, wrong: 0 });
  });

  it('hears several events of one message, and binary ones', async () => {
    const { audience, sockets } = await seated();
    for (const socket of sockets) socket.send(Buffer.from(event(0) + event(1)));
    expect(await audience.until(2 * SUBSCRIBERS, PATIENCE_MS)).toBe(true);
    expect(audience.wrong).toBe(0);
  });

  it('notices what does not come', async () => {
    const { audience, sockets } = await seated();
    for (const socket of sockets.slice(1)) socket.send(event(0));
    expect(await audience.until(SUBSCRIBERS, SHORT_PATIENCE_MS)).toBe(false);
  });

  it('notices what comes twice, though all hear it twice', async () => {
    const { audience, sockets } = await seated();
    for (const socket of sockets) {
      for (const sequence of [0, 0]) socket.send(event(sequence));
    }
    await audience.until(2 * SUBSCRIBERS, PATIENCE_MS);
    expect(audience.wrong).toBe(SUBSCRIBERS);
  });

  it('notices that one hears them in another order', async () => {
    const { audience, sockets } = await seated();
    for (const [index, socket] of sockets.entries()) {
      for (const sequence of index === 0 ? [1, 0] : [0, 1]) socket.send(event(sequence));
    }
    await audience.until(2 * SUBSCRIBERS, PATIENCE_MS);
    expect(audience.wrong).toBeGreaterThanOrEqual(2);
  });

  it('notices what was not due', async () => {
    const { audience, sockets } = await seated([{ ...SET, expects: false }]);
    sockets[0]?.send(event(0));
    await audience.until(1, PATIENCE_MS);
    expect(audience.wrong).toBe(1);
  });

  it('notices a subscriber that was cut off', async () => {
    const { audience, sockets } = await seated();
    sockets[0]?.close();
    await expect
      .poll(() => {
        audience.begin();
        return audience.wrong;
      })
      .toBe(1);
  });
});
