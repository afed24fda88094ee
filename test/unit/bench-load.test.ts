import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Audience } from '../../bench/load/audience.ts';
import { NatsSender } from '../../bench/load/nats-sender.ts';
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

  it('hears an event of a stream that begins in one message and ends in the next', async () => {
    const { audience, sockets } = await seated([{ ...SET, isStream: true }]);
    const events = event(0) + event(1);
    for (const socket of sockets) {
      for (let at = 0; at < events.length; at += 25) socket.send(events.slice(at, at + 25));
    }
    expect(await audience.until(2 * SUBSCRIBERS, PATIENCE_MS)).toBe(true);
    expect(audience).toMatchObject({ deliveries: 2 * SUBSCRIBERS, wrong: 0 });
  });

  it('greets a server that wants it, and counts a subscriber when it was answered', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    ending.push(() => server.close());
    const greeting = { text: `hello ${'x'.repeat(200)}`, answer: 'welcome' };
    const heard: string[] = [];
    server.on('connection', (socket) => {
      socket.once('message', (message) => {
        heard.push(String(message));
        socket.send('wait');
        socket.send('welcome');
      });
    });
    const { port } = server.address() as AddressInfo;
    const audience = await Audience.open({ port, sets: [{ ...SET, greeting }] });
    ending.push(() => audience.destroy());
    expect(heard).toEqual(Array.from({ length: SUBSCRIBERS }, () => greeting.text));
  });

  it('hears server-sent events', async () => {
    const responses: ServerResponse[] = [];
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      responses.push(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const audience = await Audience.open({ port, sets: [{ ...SET, isEventStream: true }] });
    ending.push(
      () => audience.destroy(),
      () => server.close(),
    );
    audience.begin();
    for (const response of responses) {
      for (const sequence of [0, 1])
        response.write(`id: ${sequence}\ndata: ${event(sequence)}\n\n`);
    }
    expect(await audience.until(2 * SUBSCRIBERS, PATIENCE_MS)).toBe(true);
    expect(audience).toMatchObject({ deliveries: 2 * SUBSCRIBERS, wrong: 0 });
  });

  it('tells what NATS does not accept, and what a stream does not keep', async () => {
    const answers: Record<string, string> = {
      fine: 'PONG\r\n',
      forbidden: "-ERR 'Permissions Violation'\r\n",
      kept: 'MSG _INBOX.x 1 27\r\n{"stream":"bench", "seq":1}\r\n',
      full: 'MSG _INBOX.x 1 40\r\n{"error":{"code":503},"stream":"bench"}\r\n',
    };
    const server = createTcpServer((socket) => {
      socket.write('INFO {"server_id":"x"}\r\n');
      socket.setEncoding('utf8').on('data', (text: string) => {
        const subject = /PUB (\S+)/.exec(text)?.[1];
        if (subject !== undefined) socket.write(answers[subject] ?? '');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ending.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const sent = async (subject: string, isAcknowledged: boolean) => {
      const sender = new NatsSender(port, { subject, isAcknowledged });
      ending.push(() => sender.end());
      return sender.send('{}');
    };
    expect(await sent('fine', false)).toBeUndefined();
    expect(await sent('forbidden', false)).toContain('Permissions Violation');
    expect(await sent('kept', true)).toBeUndefined();
    expect(await sent('full', true)).toContain('503');
  });
});
