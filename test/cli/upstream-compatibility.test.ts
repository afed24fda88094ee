/** What UPSTREAM_COMPATIBILITY=vault adds to answers of an OpenBao, and to which. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

/** As OpenBao answers, and with a number that JavaScript cannot hold. */
const SECRET =
  '{"request_id":"a","lease_id":"","data":{"data":{"n":12345678901234567890,"t":"}"},"metadata":{"version":1}},"wrap_info":null,"auth":null}\n';
const TYPED = SECRET.replace(/\}\n$/, ',"mount_type":"kv"}\n');

const MOUNTS: Readonly<Record<string, object>> = {
  'secret/': { type: 'kv', options: { version: '2' } },
  'kv1/': { type: 'kv', options: { version: '1' } },
  'team-a/secret/': { type: 'kv', options: { version: '2' } },
  'transit/': { type: 'transit', options: null },
};

const JSON_TYPE = { 'Content-Type': 'application/json' };

let carillon: LocalServer;
let answer: (response: ServerResponse) => void;
/** What the upstream was asked about mounts: the namespace and the path. */
let asked: string[];

const upstream = createServer((request, response) => {
  const [, path] = /^\/v1\/sys\/internal\/ui\/mounts\/(.*)/.exec(request.url ?? '') ?? [];
  if (path === undefined) answer(response);
  else answerAboutMount(path, request, response);
});

function answerAboutMount(path: string, request: IncomingMessage, response: ServerResponse): void {
  const { 'x-vault-namespace': namespace = '', 'x-vault-token': token } = request.headers;
  asked.push(`${namespace} ${path}`);
  const mount = Object.keys(MOUNTS).find((each) => path.startsWith(each));
  const facts = mount !== undefined && token !== 'powerless' && MOUNTS[mount];
  response.writeHead(facts ? 200 : 403, JSON_TYPE);
  response.end(
    JSON.stringify(facts ? { data: { path: mount, ...facts } } : { errors: ['denied'] }),
  );
}

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const options = ['--upstream', address, '--var', 'UPSTREAM_COMPATIBILITY=vault'];
  carillon = await startLocalServer(options);
});
beforeEach(() => {
  asked = [];
  answer = (response) => response.writeHead(200, JSON_TYPE).end(SECRET);
});
afterAll(async () => {
  await carillon.stop();
  upstream.closeAllConnections();
  upstream.close();
});

function read(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'X-Vault-Token': 's.a', ...init.headers };
  return fetch(`${carillon.address}/v1/${path}`, { ...init, headers });
}

async function textOf(path: string, init?: RequestInit): Promise<string> {
  return (await read(path, init)).text();
}

describe('the answer to a read of a secret', () => {
  it.each(['secret/data/a', 'secret/data/a?version=1', 'kv1/a', 'secret/metadata?list=true'])(
    'says that it is of a kv mount, and nothing else changes: %s',
    async (path) => {
      answer = (response) =>
        response
          .writeHead(200, {
            ...JSON_TYPE,
            ETag: '"a"',
            'X-Vault-Index': 'b',
            'Content-Length': SECRET.length,
          })
          .end(SECRET);
      const response = await read(path);
      expect(await response.text()).toBe(TYPED);
      const { headers } = response;
      const names = ['content-type', 'content-length', 'etag', 'x-vault-index'];
      expect(names.map((name) => headers.get(name))).toEqual([
        'application/json',
        String(TYPED.length),
        null,
        'b',
      ]);
    },
  );

  it('in a namespace as well, and its mount is asked for once', async () => {
    const init = { headers: { 'X-Vault-Namespace': 'ns1' } };
    for (const path of ['secret/data/a', 'secret/data/b/c']) {
      expect(await textOf(path, init)).toBe(TYPED);
    }
    expect(asked).toEqual(['ns1 secret/data/a']);
    expect(await textOf('team-a/secret/data/a')).toBe(TYPED);
  });
});

describe('any other answer stays as it is:', () => {
  const pass = async (path: string, text: string, init?: RequestInit) => {
    expect(await textOf(path, init)).toBe(text);
  };

  it('of another engine', () => pass('transit/keys/a', SECRET));
  it('to a write', () => pass('secret/data/a', SECRET, { method: 'POST', body: '{}' }));
  it('without a token', () => pass('secret/data/a', SECRET, { headers: { 'X-Vault-Token': '' } }));
  it('of the system', () => pass('sys/mounts', SECRET));
  it('if the upstream does not say what the mount is', () =>
    pass('unknown/a', SECRET, { headers: { 'X-Vault-Token': 'powerless' } }));

  it.each([
    ['that says it', TYPED.replace('kv', 'other')],
    ['that is wrapped', '{"data":null,"wrap_info":{"token":"s.b"}}'],
    ['that is no JSON', '{"data":{}'],
    ['that is a list', '[{"data":{}}]'],
    ['that is large', SECRET.replace('"t":"', `"t":"${'x'.repeat(70_000)}`)],
  ])('one %s', async (_, text) => {
    answer = (response) => response.writeHead(200, JSON_TYPE).end(text);
    await pass('secret/data/a', text);
  });

  it('of another status or type', async () => {
    answer = (response) => response.writeHead(404, JSON_TYPE).end(SECRET);
    await pass('secret/data/a', SECRET);
    answer = (response) => response.writeHead(200, { 'Content-Type': 'text/plain' }).end(SECRET);
    await pass('secret/data/a', SECRET);
  });

  it('that is compressed', async () => {
    answer = (response) =>
      response.writeHead(200, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }).end(gzipSync(SECRET));
    await pass('secret/data/a', SECRET);
  });

  it('that has no end: a stream', async () => {
    let end = () => {};
    answer = (response) => {
      response.writeHead(200, { 'Content-Type': 'application/x-ndjson' }).write('{"data":{}}\n');
      end = () => response.end();
    };
    const response = await read('secret/data/a');
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('{"data":{}}\n');
    end();
    expect((await reader?.read())?.done).toBe(true);
  });
});
