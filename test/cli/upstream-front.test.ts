/** What stands in front of workerd with an upstream: requests that workerd itself would refuse, and connections as they are. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { folderOf, guardOf, workerdOf } from '../support/processes.ts';

const TOKEN = 'carillon-root';
const ROOT = { 'X-Vault-Token': TOKEN };

let carillon: LocalServer;
let address: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let seen: string[];

const upstream = createServer((request, response) => {
  seen.push(`${request.method} ${request.url}`);
  answer(request, response);
});

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  carillon = await startLocalServer(['--upstream', address, '--root-token', TOKEN]);
});
beforeEach(() => {
  seen = [];
  answer = (_, response) => response.end('upstream');
});
afterAll(async () => {
  await carillon.stop();
  upstream.closeAllConnections();
  upstream.close();
});

/** A connection to the server, and what has come of it. */
class Connection {
  readonly socket: Socket;
  readonly ended: Promise<unknown>;
  #text = '';
  #wake = () => {};

  constructor(to: LocalServer = carillon) {
    const { hostname, port } = new URL(to.address);
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    this.ended = once(this.socket, 'end');
  }

  write(...lines: string[]): void {
    this.socket.write(lines.join('\r\n'), 'latin1');
  }

  /** @returns all that has come, once the end of it matches */
  readonly until = async (form: RegExp): Promise<string> => {
    while (!form.test(this.#text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#text;
  };
}

function statusOf(method: string, path: string, headers = {}): Promise<number | undefined> {
  const { hostname, port } = new URL(carillon.address);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once('error', reject).end();
  });
}

describe('a verb that workerd does not know', () => {
  it('reaches the upstream as the GET that asks for the same', async () => {
    const connection = new Connection();
    for (const line of ['LIST /v1/secret/metadata/a', 'SCAN /v1/a?after=b', 'GET /v1/a'])
      connection.write(`${line} HTTP/1.1`, 'Host: a', '', '');
    await connection.until(/(upstream[\s\S]*){3}/);
    connection.socket.destroy();
    expect(seen).toEqual([
      'GET /v1/secret/metadata/a?list=true',
      'GET /v1/a?scan=true&after=b',
      'GET /v1/a',
    ]);
  });

  it('lists what is here, too', async () => {
    const connection = new Connection();
    connection.write(
      'LIST /v1/sys/policies/acl HTTP/1.1',
      'Host: a',
      `X-Vault-Token: ${TOKEN}`,
      '',
      '',
    );
    expect(await connection.until(/\]/)).toMatch(
      /^HTTP\/1.1 200 [\s\S]*"keys":\["default","root"\]/,
    );
    connection.socket.destroy();
  });

  it('is refused by the runtime if it is neither LIST nor SCAN', async () => {
    const connection = new Connection();
    connection.write('READ /v1/a HTTP/1.1', 'Host: a', '', '');
    expect(await connection.until(/method/)).toMatch(/^HTTP\/1.1 501 /);
    await connection.ended;
    connection.socket.destroy();
  });
});

it.each([
  ['/v1/secret/data/<a>`b"', '/v1/secret/data/%3Ca%3E%60b%22'],
  ['/v1/secret/data/a?b="<c>', '/v1/secret/data/a?b=%22%3Cc%3E'],
  ['/v1/secret/data/a#b', '/v1/secret/data/a%23b'],
  ['/v1/secret/data/\xc3\xbc', '/v1/secret/data/%C3%BC'],
])('a path that workerd refuses or cuts reaches the upstream: %s', async (path, passed) => {
  const connection = new Connection();
  connection.write(`GET ${path} HTTP/1.1`, 'Host: a', '', '');
  await connection.until(/upstream/);
  connection.socket.destroy();
  expect(seen).toEqual([`GET ${passed}`]);
});

it('HTTP/1.0 without Host is answered, as a health check sends it', async () => {
  const connection = new Connection();
  connection.write('OPTIONS /v1/sys/health HTTP/1.0', '', '');
  expect(await connection.until(/upstream/)).toMatch(/^HTTP\/1.0 200 /);
  await connection.ended;
  connection.socket.destroy();
});

it('what two readers could understand differently is for workerd to read', async () => {
  const connection = new Connection();
  const head = ['POST /v1/a HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked'];
  connection.write(...head, '', '0', '', '');
  await connection.until(/upstream/);
  connection.write('LIST /v1/a HTTP/1.1', 'Host: a', '', '');
  await connection.until(/ 501 /);
  connection.socket.destroy();
});

describe('a body', () => {
  it('is sent when the server says that it may be', async () => {
    let body = '';
    answer = async (request, response) => {
      for await (const chunk of request) body += chunk;
      response.end('read');
    };
    const connection = new Connection();
    const head = [
      'PUT /v1/a HTTP/1.1',
      'Host: a',
      'Expect: 100-continue',
      'Transfer-Encoding: chunked',
    ];
    connection.write(...head, '', '');
    await connection.until(/^HTTP\/1.1 100 /);
    const content = 'LIST /v1/a HTTP/1.1\r\n\r\n';
    connection.write(
      content.length.toString(16),
      content,
      '0',
      '',
      'LIST /v1/b HTTP/1.1',
      'Host: a',
      '',
      '',
    );
    await connection.until(/(read[\s\S]*){2}/);
    connection.socket.destroy();
    expect(body).toBe(content);
    expect(seen).toEqual(['PUT /v1/a', 'GET /v1/b?list=true']);
  });

  it('waits in the client while the upstream does not read', async () => {
    const part = Buffer.alloc(1024 * 1024);
    const parts = 64;
    let read = 0;
    const begun = new Promise<() => void>((resolve) => {
      answer = (request, response) => {
        const go = () =>
          request.on('data', ({ length }: Buffer) => {
            read += length;
          });
        request.once('end', () => response.end('all'));
        resolve(go);
      };
    });
    const { socket, until } = new Connection();
    socket.write(`PUT /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: ${parts * part.length}\r\n\r\n`);
    for (let i = 0; i < parts; i++) socket.write(part);
    const go = await begun;
    for (let before = -1; before !== socket.writableLength; ) {
      before = socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    // The buffers of four sockets and of workerd have the rest.
    expect(socket.writableLength).toBeGreaterThan((parts / 2) * part.length);
    go();
    await until(/all/);
    expect(read).toBe(parts * part.length);
    socket.destroy();
  });
});

describe('a connection', () => {
  it('stays open for the answer if its client has said all', async () => {
    answer = (_, response) => void setTimeout(() => response.end('late'), 50);
    const connection = new Connection();
    connection.write('LIST /v1/a HTTP/1.1', 'Host: a', 'Connection: close', '', '');
    connection.socket.end();
    expect(await connection.until(/late/)).toContain('200 OK');
    await connection.ended;
  });

  it('passes on frames of a WebSocket, and events to it', async () => {
    const socket = new WebSocket(
      `${carillon.address.replace('http', 'ws')}/v1/sys/events/subscribe/abc?json=true`,
      { headers: ROOT },
    );
    await once(socket, 'open');
    const pong = once(socket, 'pong');
    socket.ping('LIST / HTTP/1.1');
    expect(String((await pong)[0])).toBe('LIST / HTTP/1.1');
    const heard = once(socket, 'message');
    expect(await statusOf('POST', '/v1/sys/events/publish/abc', ROOT)).toBe(200);
    expect(String((await heard)[0])).toContain('"event_type":"abc"');
    const closed = once(socket, 'close');
    socket.close(1000);
    expect((await closed)[0]).toBe(1000);
  });

  it('that is reset leaves no subscriber', async () => {
    for (let i = 0; i < 10; i++) {
      const connection = new Connection();
      connection.write(
        'GET /v1/sys/events/subscribe/reset?json=true HTTP/1.1',
        'Host: a',
        `X-Vault-Token: ${TOKEN}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        '',
        '',
      );
      await connection.until(/^HTTP\/1.1 101 /);
      connection.socket.resetAndDestroy();
    }
    const hub = `${carillon.address}/v1/sys/events/hubs/reset`;
    const subscribers = async () => {
      const response = await fetch(hub, { headers: ROOT });
      return ((await response.json()) as { data: { subscribers: number } }).data.subscribers;
    };
    while ((await subscribers()) > 0);
  });

  it('as a stream is for a client that offers HTTP/2, as curl --http2 does', async () => {
    const connection = new Connection();
    const offer = [
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
    ];
    const head = [
      'GET /v1/sys/events/subscribe/abc HTTP/1.1',
      'Host: a',
      `X-Vault-Token: ${TOKEN}`,
    ];
    connection.write(...head, 'Accept: text/event-stream', ...offer, '', '');
    expect(await connection.until(/retry/)).toMatch(/^HTTP\/1.1 200 /);
    connection.socket.destroy();
  });
});

describe.runIf(process.platform === 'linux')('the server ends', () => {
  const args = () => ['--upstream', address, '--root-token', TOKEN];

  /** Two connections that nobody closes. */
  async function held(server: LocalServer): Promise<Connection> {
    const socket = new WebSocket(
      `${server.address.replace('http', 'ws')}/v1/sys/events/subscribe/abc?json=true`,
      { headers: ROOT },
    );
    socket.on('error', () => undefined);
    await once(socket, 'open');
    const idle = new Connection(server);
    idle.socket.on('error', () => undefined);
    idle.write('GET /v1/a HTTP/1.1', 'Host: a', '', '');
    await idle.until(/upstream/);
    return idle;
  }

  it('on Ctrl-C, with its connections', async () => {
    const server = await startLocalServer(args());
    const idle = await held(server);
    const closed = once(idle.socket, 'close');
    idle.socket.allowHalfOpen = false;
    expect(await server.stop()).toBe(0);
    await closed;
    await expect(fetch(server.address)).rejects.toThrow();
  });

  it.each([
    ['workerd', workerdOf],
    ['the guard', guardOf],
  ] as const)('with 1 when %s is killed', async (_, pid) => {
    const server = await startLocalServer(args());
    await held(server);
    const exit = once(server.process, 'close');
    process.kill(pid(server), 'SIGKILL');
    expect(await exit).toEqual([1, null]);
  });

  it('with workerd, and without its folder, when it is killed', async () => {
    const server = await startLocalServer(args());
    const folder = folderOf(workerdOf(server));
    server.process.kill('SIGKILL');
    while (existsSync(folder)) await new Promise((resolve) => setImmediate(resolve));
    await expect(fetch(server.address)).rejects.toThrow();
  });
});
