/** What is passed to the upstream, and how: as a client sees it on one side, and the upstream on the other. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';

const ROOT = { 'X-Vault-Token': 'carillon-root' };

let carillon: LocalServer;
/** What the upstream does with a request. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
/** Requests that reached it. */
let seen: IncomingMessage[];

const upstream = createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
  // What Carillon asks itself, for events of writes: test/cli/upstream-events.test.ts.
  if (request.url?.startsWith('/v1/sys/internal/ui/mounts/')) {
    response.writeHead(403).end('{"errors":[]}');
    return;
  }
  seen.push(request);
  answer(request, response);
});
const sockets = new WebSocketServer({ server: upstream });
let address: string;

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  carillon = await startLocalServer(['--upstream', address, '--root-token', 'carillon-root']);
});
beforeEach(() => {
  seen = [];
  answer = (_, response) => response.end('upstream');
});
afterAll(async () => {
  await carillon.stop();
  sockets.close();
  upstream.closeAllConnections();
  upstream.close();
});

/** Sends a request as it is written, which `fetch` would not. */
async function send(
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<{ response: IncomingMessage; body: Buffer }> {
  const { hostname, port } = new URL(carillon.address);
  const sent = request({ hostname, port, method, path, headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { response, body: Buffer.concat(chunks) };
}

async function errorOf(path: string, headers: Record<string, string> = {}) {
  const { response, body } = await send('GET', path, { headers });
  const { errors } = JSON.parse(body.toString()) as { errors: string[] };
  return { status: response.statusCode, error: errors.join('\n') };
}

async function textOf(path: string, headers: Record<string, string> = {}): Promise<string> {
  return (await send('GET', path, { headers })).body.toString();
}

describe('a request that is not for events', () => {
  it.each([
    ['GET', '/v1/secret/data/a%2Fb%20c+d/%25//e?list=true&q=a%20b+c%2A&&e'],
    ['HEAD', '/v1/sys/health?standbyok=true'],
    ['PUT', '/v1/secret/data/a'],
    ['POST', '/v1/auth/approle/login'],
    ['PATCH', '/v1/secret/data/a'],
    ['DELETE', '/v1/secret/data/a'],
    ['OPTIONS', '/v1/secret/data/a'],
    ['GET', '/ui/'],
    ['GET', '//v1//sys/health'],
    ['PUT', '//v1/secret/data/a'],
    // Under a mount that has the name of no namespace here.
    ['GET', '/v1/secret/data/sys/events/subscribe/a'],
  ])('reaches the upstream as it is: %s %s', async (method, path) => {
    await send(method, path);
    expect(seen.map((one) => [one.method, one.url])).toEqual([[method, path]]);
  });

  it('brings its headers and its body, under the host of the upstream', async () => {
    let body = '';
    answer = async (request, response) => {
      for await (const chunk of request) body += chunk;
      response.end();
    };
    await send('PUT', '/v1/secret/data/a', {
      headers: {
        'X-Vault-Token': 's.token',
        'X-Vault-Namespace': 'ns1',
        'X-Vault-Wrap-TTL': '60',
        'Content-Type': 'application/merge-patch+json',
      },
      body: '{"data":{"a":"ü"}}',
    });
    expect(body).toBe('{"data":{"a":"ü"}}');
    expect(seen[0]?.headers).toMatchObject({
      host: new URL(address).host,
      'x-vault-token': 's.token',
      'x-vault-namespace': 'ns1',
      'x-vault-wrap-ttl': '60',
      'content-type': 'application/merge-patch+json',
      'content-length': '19',
      'carillon-via': 'carillon',
      'cache-control': 'no-cache',
    });
    expect(seen[0]?.headers).not.toHaveProperty('pragma');
  });

  it('keeps what it says of caches, and an offer of HTTP/2 does not matter', async () => {
    const headers = {
      'Cache-Control': 'max-age=5',
      Pragma: 'a',
      Connection: 'Upgrade',
      Upgrade: 'h2c',
    };
    expect((await send('GET', '/v1/secret/data/a', { headers })).body.toString()).toBe('upstream');
    const { upgrade, 'cache-control': cache, pragma } = seen[0]?.headers ?? {};
    expect([upgrade, cache, pragma]).toEqual([undefined, 'max-age=5', 'a']);
  });

  it('may have headers of 64 KiB, as a Vault Proxy sends that has reconnected for days', async () => {
    const token = 't'.repeat(64 * 1024);
    await send('GET', '/v1/secret/data/a', { headers: { 'X-Vault-Token': token } });
    expect(seen[0]?.headers['x-vault-token']).toBe(token);
  });

  it('brings the one token that counts, and what another proxy wants to know', async () => {
    await send('GET', '/v1/secret/data/a', {
      headers: { 'X-Vault-Token': 's.token, s.token', Authorization: 'Bearer of-another-proxy' },
    });
    const headers = seen.map(({ headers }) => [headers['x-vault-token'], headers.authorization]);
    expect(headers).toEqual([['s.token', 'Bearer of-another-proxy']]);
  });

  it.each([
    { 'X-Vault-Token': 's.token, ctk.ours' },
    { 'X-Vault-Token': ', ctk.ours' },
    { 'X-Vault-Token': '"carillon-root"' },
    { 'X-Vault-Token': 's.token', Authorization: 'Bearer carillon-root' },
    { Authorization: 'Bearer up-1, Bearer carillon-root' },
    { Authorization: 'Token ctk.ours' },
    { Authorization: 'Bearer\tctt.ours' },
    { Authorization: `Basic ${btoa('user:carillon-root')}` },
    { 'X-Vault-Token': 's.token', Cookie: 'token=carillon%2Droot' },
    { 'X-Vault-Token': 's.token', 'X-Vault-Namespace': 'carillon-root' },
    {
      'Sec-WebSocket-Protocol': 'bearer, carillon-root',
      Upgrade: 'websocket',
      Connection: 'Upgrade',
    },
  ])('is not passed on with a token of Carillon: %j', async (headers) => {
    const { status, error } = await errorOf('/v1/secret/data/a', headers as never);
    expect([status, seen.length]).toEqual([400, 0]);
    expect(error).toContain('was not passed to the upstream');
    expect(error).not.toMatch(/root|ours/);
  });

  it('is not passed on with one in its URL, nor with a ticket', async () => {
    const opened = await fetch(`${carillon.address}/v1/sys/events/ticket`, {
      method: 'POST',
      headers: ROOT,
    });
    const { data } = (await opened.json()) as { data: { ticket: string } };
    for (const path of [
      `/v1/secret/data/a?ticket=${data.ticket}`,
      `/v1/${data.ticket}/sys/events/types`,
      '/v1/secret/data/carillon%2droot',
    ]) {
      expect((await errorOf(path)).status).toBe(400);
    }
    expect(seen).toEqual([]);
  });

  it('stays below the path of the upstream, whatever its own has', async () => {
    await send('GET', '/v1\\..\\..\\a?b\\c');
    expect(seen[0]?.url).toBe('/v1%5C..%5C..%5Ca?b\\c');
  });

  it('is passed on while it is still being sent', async () => {
    const begun = new Promise<string>((resolve) => {
      answer = (request, response) => {
        request.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        request.once('end', () => response.end());
      };
    });
    const { hostname, port } = new URL(carillon.address);
    const sent = request({ hostname, port, method: 'PUT', path: '/v1/sys/storage/raft/snapshot' });
    sent.write('first');
    expect(await begun).toBe('first');
    sent.end('second');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
  });
});

describe("the upstream's answer", () => {
  it('comes with its status and headers', async () => {
    answer = (_, response) => {
      response.writeHead(472, { 'X-Vault-Index': 'abc', 'X-Vault-Foo': 'bar', 'Retry-After': '7' });
      response.end('standby');
    };
    const { response, body } = await send('GET', '/v1/sys/health');
    expect(response.statusCode).toBe(472);
    expect(response.headers).toMatchObject({
      'x-vault-index': 'abc',
      'x-vault-foo': 'bar',
      'retry-after': '7',
    });
    expect(body.toString()).toBe('standby');
  });

  it('keeps headers that are repeated, as the request does, and loses trailers', async () => {
    answer = (_, response) => {
      const cookies = ['a=1; Path=/', 'b=2'];
      response.writeHead(200, { Link: ['<a>', '<b>'], 'Set-Cookie': cookies, Trailer: 'X-Sum' });
      response.write('body');
      response.addTrailers({ 'X-Sum': 'c' });
      response.end();
    };
    const headers = { Link: ['<c>', '<d>'], 'X-Own': ['e', 'f'], TE: 'trailers', Connection: 'TE' };
    const { response, body } = await send('GET', '/v1/secret/data/a', { headers } as never);
    const { link, 'set-cookie': cookies } = response.headers;
    expect([link, cookies]).toEqual(['<a>, <b>', ['a=1; Path=/', 'b=2']]);
    expect([body.toString(), response.trailers]).toEqual(['body', {}]);
    const { link: links, 'x-own': own, te } = seen[0]?.headers ?? {};
    expect([links, own, te]).toEqual(['<c>, <d>', 'e, f', undefined]);
  });

  it('comes as it was compressed', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' });
      response.end(gzipSync('compressed'));
    };
    const headers = { 'Accept-Encoding': 'gzip' };
    const { response, body } = await send('GET', '/v1/secret/data/a', { headers });
    expect(response.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(body).toString()).toBe('compressed');
  });

  it('comes as it is written: the log of sys/monitor has no end', async () => {
    let finish = () => {};
    answer = (_, response) => {
      response.write('first line\n');
      finish = () => response.end('last line\n');
    };
    const { hostname, port } = new URL(carillon.address);
    const sent = request({ hostname, port, path: '/v1/sys/monitor' });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toBe('first line\n');
    finish();
    const [last] = (await once(response, 'data')) as [Buffer];
    expect(last.toString()).toBe('last line\n');
  });

  it('may be a redirect, which is for the client to follow', async () => {
    const location = 'https://active.example.com:8200/v1/secret/data/a';
    answer = (_, response) => response.writeHead(307, { Location: location }).end();
    const { response } = await send('GET', '/v1/secret/data/a');
    expect([response.statusCode, response.headers.location]).toEqual([307, location]);
    expect(seen).toHaveLength(1);
  });

  it('may be a WebSocket', async () => {
    sockets.once('connection', (socket, request) => {
      socket.once('message', (message) => socket.send(`${request.url} ${message}`));
    });
    const socket = new WebSocket(
      `${carillon.address.replace('http', 'ws')}/v1/of/the/upstream?a=b`,
    );
    await once(socket, 'open');
    socket.send('hello');
    const [message] = (await once(socket, 'message')) as [Buffer];
    expect(message.toString()).toBe('/v1/of/the/upstream?a=b hello');
    socket.close();
  });

  it('is 502 in the form of Vault where there is none', async () => {
    answer = (request) => request.socket.destroy();
    expect(await errorOf('/v1/secret/data/a')).toEqual({
      status: 502,
      error: 'the upstream cannot be reached; try again',
    });
  });
});

describe("what stays with Carillon: the upstream's clients do not notice", () => {
  it.each([
    '/v1/sys/events/subscribe/kv*',
    '/v1/sys/events/types',
    '/v1/sys/events/unknown',
    '//v1/sys/events/types',
    '/v1//sys///events/types',
    '/v1/sys/events',
  ])('the events API, without a token as well: %s', async (path) => {
    expect(await errorOf(path)).toEqual({ status: 403, error: 'permission denied' });
    expect(seen).toEqual([]);
  });

  it('what is asked with its root token, or with a token that it made', async () => {
    const health = JSON.parse(await textOf('/v1/sys/health', ROOT)) as object;
    expect(health).toMatchObject({ cluster_name: 'carillon' });
    const created = await fetch(`${carillon.address}/v1/auth/token/create`, {
      method: 'POST',
      headers: ROOT,
      body: '{}',
    });
    const { auth } = (await created.json()) as { auth: { client_token: string } };
    const made = { 'X-Vault-Token': auth.client_token };
    expect(await textOf('/v1/auth/token/lookup-self', made)).toContain('"display_name":"token"');
    expect(
      await errorOf('/v1/auth/token/lookup-self', { 'X-Vault-Token': 'ctk.mistyped' }),
    ).toEqual({
      status: 403,
      error: '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n',
    });
    expect(seen).toEqual([]);
    expect(await textOf('/v1/sys/health')).toBe('upstream');
  });

  it('and where that is not what its sender wanted, the answer says so', async () => {
    const { status, error } = await errorOf('/v1/secret/data/a', ROOT);
    expect(status).toBe(404);
    expect(error).toBe(
      'no handler for route "secret/data/a". route entry not found. The token is Carillon\'s, so the request was not passed to the upstream.',
    );
  });

  it('the events of a namespace in the path, where Carillon has that', async () => {
    const path = '/v1/ns1/sys/events/types';
    expect(await textOf(path)).toBe('upstream');
    await send('PUT', '/v1/sys/namespaces/ns1', { headers: ROOT });
    expect((await errorOf(path)).status).toBe(403);
  });

  it('what a source sends, also where its namespace is gone: it has a secret', async () => {
    const path = '/v1/gone/sys/events/in/openbao';
    const { response } = await send('POST', path, { headers: { 'X-Vault-Token': 'secret' } });
    expect(response.statusCode).toBe(404);
    expect(seen).toEqual([]);
    await send('PUT', '/v1/secret/data/sys/events/in/a');
    expect(seen).toHaveLength(1);
  });

  it.each(['/v1/secret/%zz', '/v1/secret/a/../b', '/v1/secret/%2e%2e/b'])(
    'a path that two readers could read differently, which is refused: %s',
    async (path) => {
      expect((await errorOf(path)).status).toBe(400);
      expect(seen).toEqual([]);
    },
  );
});

describe('an upstream that is Carillon itself', () => {
  it('is told by a request that comes back, and by a token that is looked up', async () => {
    // Its own address is refused at the start, so the way back leads over another one.
    let own = 0;
    const detour = createTcpServer((socket) => {
      const onward = connect(own, '127.0.0.1');
      for (const each of [socket, onward]) each.on('error', () => each.destroy());
      socket.pipe(onward).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(detour, 'listening');
    const { port } = detour.address() as AddressInfo;
    const server = await startLocalServer(['--upstream', `http://127.0.0.1:${port}`]);
    const self = server.address;
    own = Number(new URL(self).port);
    try {
      const response = await fetch(`${self}/v1/secret/data/a`);
      const loop =
        'the variable UPSTREAM_ADDR leads back to this server, "carillon"; set it in wrangler.toml, or with --upstream, to the address of the OpenBao or Vault itself';
      expect([response.status, await response.json()]).toEqual([508, { errors: [loop] }]);
      const headers = { 'X-Vault-Token': 's.token' };
      const types = await fetch(`${self}/v1/sys/events/types`, { headers });
      expect([types.status, await types.json()]).toEqual([
        502,
        {
          errors: [
            'the token cannot be looked up at the upstream: UPSTREAM_ADDR leads back to this server',
          ],
        },
      ]);
    } finally {
      await server.stop();
      detour.close();
    }
  });
});

describe('a token that is looked up for the events API', () => {
  it.each([
    { 'X-Vault-Token': '"ctk.ours"' },
    { 'X-Vault-Token': 'ctt.ours' },
    { 'X-Vault-Token': '"carillon-root"' },
    { 'X-Vault-Token': 's.token', 'X-Vault-Namespace': 'carillon-root' },
  ])('is none of Carillon: %j', async (headers) => {
    const { status, error } = await errorOf('/v1/sys/events/types', headers as never);
    expect([status, seen.length]).toEqual([400, 0]);
    expect(error).toContain('was not looked up at the upstream');
    expect(error).not.toMatch(/root|ours/);
  });

  it('goes nowhere by a redirect', async () => {
    answer = (_, response) => response.writeHead(307, { Location: '/active' }).end();
    const { status, error } = await errorOf('/v1/sys/events/types', { 'X-Vault-Token': 's.token' });
    expect(status).toBe(502);
    expect(error).toContain('set UPSTREAM_ADDR to the address that it redirects to');
    expect(seen.map(({ url }) => url)).toEqual(['/v1/auth/token/lookup-self']);
  });
});

describe('carillon dev --upstream', () => {
  it('says in its banner what is passed where', () => {
    expect(carillon.output()).toContain(
      `All but /v1/sys/events/*, and what is asked with this root token, is passed to ${address}. What is written there through this address is an event.`,
    );
  });

  it.each([
    ['http://openbao.example.com:8200', 'must begin with "https://"'],
    ['127.0.0.1:8200', 'is not a URL'],
    ['openbao', 'is not a URL'],
    ['', 'is not a URL'],
    ['https://openbao.example.com/?a=b', 'must not have a query'],
    ['https://user:pa55word@openbao.example.com', 'must not have credentials'],
  ])('refuses %s', async (given, why) => {
    const { code, stderr } = await run(['dev', '--upstream', given]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`--upstream ${why}`);
    expect(stderr).not.toContain('pa55word');
  });
});
