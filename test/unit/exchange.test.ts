/** A request of the command line to servers that hang, drip and redirect. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { requestApi } from '../../src/cli/server/api.ts';

/** A server on a port of its own that keeps what it was asked. */
class Answering implements AsyncDisposable {
  readonly requests: { method?: string; url?: string; token?: unknown; body: string }[] = [];
  readonly #server = createServer();

  static async with(answer: RequestListener): Promise<Answering> {
    const answering = new Answering();
    answering.#server.on('request', async (request, response) => {
      let body = '';
      for await (const text of request.setEncoding('utf8')) body += text;
      const { method = '', url = '', headers } = request;
      answering.requests.push({ method, url, token: headers['x-vault-token'], body });
      answer(request, response);
    });
    await once(answering.#server.listen(0, '127.0.0.1'), 'listening');
    return answering;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function send(address: string, init: Parameters<typeof requestApi>[2] = {}) {
  return requestApi({ url: new URL(address), token: 'secret', namespace: '' }, 'sys/auth', init);
}

const OWN: RequestListener = (_request, response) => response.end('{"data":{"is":"there"}}');

describe('a server that hangs', () => {
  it.each<[string, RequestListener]>([
    ['before its answer', () => {}],
    ['in the middle of the body', (_request, response) => response.write('{"da')],
    [
      'by dripping',
      (_request, response) => {
        const timer = setInterval(() => response.write(' '), 5);
        response.once('close', () => clearInterval(timer));
      },
    ],
  ])('%s is not waited for any longer', async (_when, answer) => {
    await using server = await Answering.with(answer);
    expect(await send(server.address, { timeoutMs: 100 })).toMatchObject({
      ok: false,
      failure: {
        reason: 'unreachable',
        status: 0,
        message: expect.stringContaining(`${server.address} has not answered within 0.1 s; `),
      },
    });
  });

  it('is left when the command stops', async () => {
    await using server = await Answering.with(() => stop.abort());
    const stop = new AbortController();
    expect(await send(server.address, { signal: stop.signal })).toMatchObject({
      failure: { reason: 'unreachable', message: expect.stringContaining('cannot reach') },
    });
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('%i to another server gets nothing', async (status) => {
    await using other = await Answering.with(OWN);
    await using server = await Answering.with((_request, response) =>
      response.writeHead(status, { Location: `${other.address}/v1/sys/auth` }).end(),
    );
    expect(await send(server.address, { method: 'POST', body: '{"a":1}' })).toMatchObject({
      ok: false,
      failure: {
        status,
        message: `${server.address} redirects to ${other.address}, which would be sent the token; if that is your server, set VAULT_ADDR to ${other.address}`,
      },
    });
    expect(other.requests).toEqual([]);
  });

  it('within the server is followed, with the method, the token and the body', async () => {
    await using server = await Answering.with((request, response) => {
      if (request.url === '/v1/sys/auth') response.writeHead(307, { Location: '/v1/there' }).end();
      else OWN(request, response);
    });
    expect(await send(server.address, { method: 'PUT', body: 'x' })).toMatchObject({
      ok: true,
      value: { data: { is: 'there' } },
    });
    const sent = { method: 'PUT', token: 'secret', body: 'x' };
    expect(server.requests).toEqual([
      { ...sent, url: '/v1/sys/auth' },
      { ...sent, url: '/v1/there' },
    ]);
  });

  it('that would make the request another is not followed', async () => {
    await using server = await Answering.with((_request, response) =>
      response.writeHead(302, { Location: '/login' }).end(),
    );
    expect(await send(server.address, { method: 'POST' })).toMatchObject({
      failure: {
        message: `${server.address}/v1/sys/auth redirects to ${server.address}/login`,
      },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('in a circle ends', async () => {
    await using server = await Answering.with((_request, response) =>
      response.writeHead(307, { Location: '/v1/sys/auth' }).end(),
    );
    expect(await send(server.address)).toMatchObject({
      failure: { message: expect.stringContaining('after too many redirects') },
    });
    expect(server.requests).toHaveLength(11);
  });
});
