import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Link, TcpProxy } from './proxy.ts';

let echo: Server;
let proxy: TcpProxy;
/** The server's ends of the connections. */
let accepted: Socket[];

beforeEach(async () => {
  accepted = [];
  echo = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.listen();
  proxy.target = (echo.address() as { port: number }).port;
});

afterEach(() => {
  proxy.close();
  for (const socket of accepted) socket.destroy();
  echo.close();
});

/** A client that has been answered. */
async function connect(): Promise<{ client: Socket; link: Link; server: Socket }> {
  const client = new Socket().connect(proxy.port, '127.0.0.1').on('error', () => undefined);
  await say(client, 'hello');
  return { client, link: proxy.links.at(-1) as Link, server: accepted.at(-1) as Socket };
}

async function say(client: Socket, text: string): Promise<void> {
  client.write(text);
  const [answer] = await once(client, 'data');
  expect(String(answer)).toBe(text);
}

/** Resolves when a socket is closed, with whether it was reset. */
function ended(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => socket.once('close', resolve));
}

it('forwards both ways until one side ends', async () => {
  const { client, server } = await connect();
  const ends = Promise.all([ended(client), ended(server)]);
  client.end();
  expect(await ends).toEqual([false, false]);
});

it('resets both sides', async () => {
  const { client, link, server } = await connect();
  const ends = Promise.all([ended(client), ended(server)]);
  link.cut();
  expect(await ends).toEqual([true, true]);
});

it('breaks one side, and leaves the other a connection that is silent', async () => {
  const first = await connect();
  const clientEnds = ended(first.client);
  first.link.cutClient();
  expect(await clientEnds).toBe(true);
  const second = await connect();
  const serverEnds = ended(second.server);
  second.link.cutServer();
  expect(await serverEnds).toBe(true);
  await say((await connect()).client, 'what was broken would be known by now');
  expect(first.server.destroyed).toBe(false);
  expect(second.client.destroyed).toBe(false);
});

it('goes silent without a word to either side, and no longer counts', async () => {
  const { client, link, server } = await connect();
  link.freeze();
  client.write('unheard');
  server.write('unheard');
  let heard = false;
  for (const socket of [client, server]) {
    socket.on('data', () => {
      heard = true;
    });
  }
  await say((await connect()).client, 'what was sent before would be heard by now');
  expect(heard).toBe(false);
  expect(proxy.links).toHaveLength(1);
});
