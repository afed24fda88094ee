/** What a source asks the audited server, what its events gain, and what a server that does not answer costs. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  AUDIT_READ_PAUSE_MS,
  AUDIT_READ_TIMEOUT_MS,
  MAX_CONCURRENT_AUDIT_READS,
} from '../../src/http/limits.ts';
import { MAX_UPSTREAM_ANSWER_BYTES } from '../../src/outbound/limits.ts';
import { MAX_PUBLISH_NAMESPACES } from '../../src/wire/limits.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const SECRET = 'the-secret-of-the-device';
const READ_TOKEN = 'the-token-to-read-with';

const scratch = scratchFolder();
let carillon: LocalServer;
let audited: string;
/** The paths that were read. */
let reads: string[];
let answer: (path: string, response: ServerResponse, request: IncomingMessage) => void;

const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url ?? '').replace('/v1/', '');
  reads.push(path);
  answer(path, response, request);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  audited = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  carillon = await startLocalServer(['--allow-loopback-http']);
});
afterAll(async () => {
  await carillon.stop();
  server.closeAllConnections();
  server.close();
});

let source: string;
let sources = 0;
beforeEach(async () => {
  reads = [];
  answer = asOpenBao({ app: { current: 3, oldest: 1 } });
  source = `bao-${++sources}`;
  await write({ read: { address: audited, token: READ_TOKEN } });
});
afterEach(() => server.closeAllConnections());

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** Mounts `secret/` of version 2 and `kv1/` of version 1, and secrets that were created before every entry. */
function asOpenBao(secrets: Record<string, { current: number; oldest: number }>): typeof answer {
  return (path, response, { headers }) => {
    if (headers['x-vault-token'] !== READ_TOKEN)
      return json(response, 403, { errors: ['permission denied'] });
    const [, mount] = /^sys\/internal\/ui\/mounts\/(.+)\/$/.exec(path) ?? [];
    if (mount !== undefined) {
      const version = mount === 'kv1' ? '1' : '2';
      return json(response, 200, { data: { type: 'kv', path: `${mount}/`, options: { version } } });
    }
    const [, key = ''] = /\/metadata\/(.+)$/.exec(path) ?? [];
    const secret = secrets[key];
    if (secret === undefined) return json(response, 404, { errors: [] });
    const { current, oldest } = secret;
    const version = { created_time: '2026-11-01T00:00:00Z', deletion_time: '', destroyed: false };
    const versions = Object.fromEntries(
      Array.from({ length: current }, (_, index) => [index + 1, version]),
    );
    json(response, 200, { data: { current_version: current, oldest_version: oldest, versions } });
  };
}

async function api(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${carillon.address}/v1/sys/events/${path}`, {
    method,
    headers: { 'X-Vault-Token': carillon.token },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function write(settings: object, secrets: readonly string[] | undefined = [SECRET]) {
  return api('PUT', `sources/${source}`, { kind: 'vault-audit', secrets, ...settings });
}

async function errorsOf(response: Response): Promise<string> {
  return ((await response.json()) as { errors: string[] }).errors.join();
}

let entries = 0;
/** An entry of now. */
function entry(operation: string, path: string, more: { version?: number; data?: object } = {}) {
  const [mount] = path.split('/');
  return {
    time: new Date().toISOString(),
    type: 'response',
    auth: { policy_results: { allowed: true } },
    request: {
      id: `${source}-${++entries}`,
      operation,
      mount_point: `${mount}/`,
      mount_type: 'kv',
      mount_accessor: 'kv_1',
      namespace: { id: 'root' },
      path,
      data: more.data,
    },
    response: { data: more.version === undefined ? undefined : { version: more.version } },
  };
}

function send(body: readonly object[], query = ''): Promise<Response> {
  return fetch(`${carillon.address}/v1/sys/events/in/${source}${query}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': SECRET },
    body: body.map((each) => `${JSON.stringify(each)}\n`).join(''),
  });
}

interface Told {
  readonly id: string;
  readonly type: string;
  readonly metadata: Record<string, string>;
}

/** The events of the source so far, once there are so many. */
async function told(count: number, query = ''): Promise<Told[]> {
  const response = await fetch(
    `${carillon.address}/v1/sys/events/subscribe/kv*?since=earliest&limit=100000&wait=10s${query}`,
    { headers: { 'X-Vault-Token': carillon.token, Accept: 'application/x-ndjson' } },
  );
  const events: Told[] = [];
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk as Uint8Array);
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const { id, data } = JSON.parse(line) as {
        id: string;
        data?: { event_type: string; event: { metadata: Record<string, string> } };
      };
      if (data === undefined || !id.startsWith(`${source}-`)) continue;
      events.push({ id, type: data.event_type, metadata: data.event.metadata });
    }
    if (events.length >= count) break;
  }
  return events;
}

async function logged(text: string): Promise<void> {
  await expect.poll(() => carillon.output()).toContain(text);
}

function timesLogged(text: string): number {
  return carillon.output().split(text).length - 1;
}

describe('an event', () => {
  it('has what the audited server says of its secret, and its device does not wait', async () => {
    const response = await send([entry('update', 'secret/data/app', { version: 3 })]);
    expect(response.status).toBe(204);
    const [event] = await told(1);
    expect(event?.metadata).toMatchObject({ current_version: '3', oldest_version: '1' });
    expect(reads).toEqual(['sys/internal/ui/mounts/secret/', 'secret/metadata/app']);
  });

  it('is answered before the server is asked, however slow that is', async () => {
    let release = () => {};
    const real = answer;
    answer = (...given) => {
      release = () => real(...given);
    };
    const begun = performance.now();
    expect((await send([entry('update', 'secret/data/app', { version: 3 })])).status).toBe(204);
    expect(performance.now() - begun).toBeLessThan(1000);
    await expect.poll(() => reads.length).toBe(1);
    answer = real;
    release();
    expect((await told(1))[0]?.metadata.oldest_version).toBe('1');
  });

  it('of a secret of version 1 whose key looks like version 2 is of version 1', async () => {
    await send([entry('update', 'kv1/data/app')]);
    const [event] = await told(1);
    expect(event).toMatchObject({ type: 'kv-v1/write', metadata: { path: 'kv1/data/app' } });
    expect(reads).toEqual(['sys/internal/ui/mounts/kv1/']);
  });

  it('is none if nothing was deleted, and the settings of the source decide before the server', async () => {
    await write({ read: { address: audited, token: READ_TOKEN }, mounts: { secret: 2 } });
    await send([
      entry('delete', 'secret/data/none'),
      entry('update', 'secret/destroy/none', { data: { versions: [1] } }),
    ]);
    await send([entry('update', 'secret/data/app', { version: 3 })]);
    expect((await told(1)).map(({ type }) => type)).toEqual(['kv-v2/data-write']);
    expect(reads).not.toContain('sys/internal/ui/mounts/secret/');
  });

  it('keeps its order behind an earlier one that waits, also if it needs no read itself', async () => {
    const versions = [1, 2, 3];
    for (const version of versions) {
      await send([entry('update', 'secret/data/app', { version })]);
      await send([entry('update', 'secret/metadata/app', { data: { max_versions: 5 } })]);
    }
    const types = (await told(6)).map(({ type }) => type);
    expect(types).toEqual(versions.flatMap(() => ['kv-v2/data-write', 'kv-v2/metadata-write']));
  });

  it('of the forwarder is published before the answer, with what the server says', async () => {
    const body = [
      entry('update', 'secret/data/app', { version: 3 }),
      entry('delete', 'secret/data/none'),
    ];
    const response = await send(body, '?on_overload=block&reads=wait');
    expect(await response.json()).toMatchObject({ accepted: 1, dropped: 0 });
    expect((await told(1))[0]?.metadata.oldest_version).toBe('1');
  });

  it('of a device that blocks waits for no read, because the server would wait for itself', async () => {
    const response = await send(
      [entry('update', 'secret/data/app', { version: 3 })],
      '?on_overload=block',
    );
    expect(await response.json()).toMatchObject({ accepted: 1 });
    expect((await told(1))[0]?.metadata).not.toHaveProperty('oldest_version');
    expect(reads).toEqual([]);
  });

  it('a thousand entries of one secret need few reads, and all keep their order', async () => {
    answer = asOpenBao({ app: { current: 1000, oldest: 991 } });
    const all = Array.from({ length: 1000 }, (_, index) =>
      entry('update', 'secret/data/app', { version: index + 1 }),
    );
    // As a device sends them: one after the other, some at once.
    for (let index = 0; index < all.length; index += 10) {
      await Promise.all(all.slice(index, index + 10).map((each) => send([each])));
    }
    const events = await told(1000);
    expect(events.map(({ metadata }) => metadata.oldest_version)).not.toContain(undefined);
    expect(reads.filter((path) => path === 'secret/metadata/app').length).toBeLessThan(100);
    const firsts = events.map(({ metadata }) =>
      Math.floor((Number(metadata.current_version) - 1) / 10),
    );
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
  });

  it('never has more reads at once than the platform has connections for', async () => {
    let open = 0;
    let most = 0;
    const real = asOpenBao(
      Object.fromEntries(
        Array.from({ length: 50 }, (_, index) => [`k${index}`, { current: 1, oldest: 0 }]),
      ),
    );
    answer = (...given) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        real(...given);
      }, 5);
    };
    await send(
      Array.from({ length: 50 }, (_, index) =>
        entry('update', `secret/data/k${index}`, { version: 1 }),
      ),
    );
    const events = await told(50);
    expect(events.every(({ metadata }) => metadata.oldest_version === '0')).toBe(true);
    expect(most).toBeLessThanOrEqual(MAX_CONCURRENT_AUDIT_READS);
  });
});

describe('an audited server', () => {
  it('that refuses the token is named in the log once, and events go without', async () => {
    await write({ read: { address: audited, token: 'another-token' } });
    for (const version of [1, 2]) await send([entry('update', 'secret/data/app', { version })]);
    const events = await told(2);
    expect(events.map(({ metadata }) => metadata.current_version)).toEqual(['1', '2']);
    expect(events.every(({ metadata }) => metadata.oldest_version === undefined)).toBe(true);
    const line = `source=${source}  read=the audited server refuses the token`;
    await logged(line);
    expect(timesLogged(line)).toBe(1);
    expect(carillon.output()).not.toContain('another-token');
  });

  it('that is slow is waited for so long, and then not asked for a while', async () => {
    answer = () => {};
    const begun = performance.now();
    await send([entry('update', 'secret/data/app', { version: 1 })]);
    await told(1);
    expect(performance.now() - begun).toBeGreaterThan(AUDIT_READ_TIMEOUT_MS - 100);
    await send([entry('update', 'secret/data/app', { version: 2 })]);
    await told(2);
    expect(performance.now() - begun).toBeLessThan(AUDIT_READ_TIMEOUT_MS + AUDIT_READ_PAUSE_MS);
    expect(reads).toHaveLength(1);
    await logged(
      `source=${source}  read=the audited server cannot be asked: it did not answer within ${AUDIT_READ_TIMEOUT_MS} ms`,
    );
  });

  it.each<[string, typeof answer, string]>([
    ['is down', (_, response) => response.destroy(), 'it cannot be reached'],
    [
      'answers without end',
      (_, response) => {
        const more = () => response.write('x'.repeat(65_536), () => response.destroyed || more());
        more();
      },
      `it answered more than ${MAX_UPSTREAM_ANSWER_BYTES} bytes`,
    ],
    ['answers no JSON', (_, response) => response.end('<html>'), 'its answer is not JSON'],
    ['fails', (_, response) => json(response, 500, { errors: [] }), 'it answered 500'],
    [
      'redirects',
      (_, response) => response.writeHead(307, { Location: `${audited}/v1/other` }).end(),
      'it redirects (307), as a standby does',
    ],
    [
      'is a proxy that refuses',
      (_, response) => json(response, 403, { message: 'blocked' }),
      'it answered 403, and not as an OpenBao or Vault does',
    ],
  ])('that %s costs no event', async (_, otherwise, why) => {
    answer = otherwise;
    await send([entry('update', 'secret/data/app', { version: 1 })]);
    expect((await told(1))[0]?.metadata.current_version).toBe('1');
    await logged(`source=${source}  read=the audited server cannot be asked: ${why}`);
    expect(reads).toHaveLength(1);
  });

  it('that hangs lets entries of its source wait for a share of the memory, and those of others are read', async () => {
    const hanging = { source, token: 'of-the-one-that-hangs' };
    await write({ read: { address: audited, token: hanging.token } });
    const real = answer;
    answer = (path, response, request) => {
      if (request.headers['x-vault-token'] !== hanging.token) real(path, response, request);
    };
    const large = { data: { data: { text: 'x'.repeat(512 * 1024) } } };
    const begun = performance.now();
    for (const version of [1, 2, 3, 4, 5, 6]) {
      await send([entry('update', 'secret/data/app', { version, ...large })]);
    }
    expect((await told(2)).length).toBeGreaterThan(0);
    expect(performance.now() - begun).toBeLessThan(AUDIT_READ_TIMEOUT_MS);

    source = `other-${hanging.source}`;
    await write({ read: { address: audited, token: READ_TOKEN } });
    await send([entry('update', 'secret/data/app', { version: 3 })]);
    expect((await told(1))[0]?.metadata.oldest_version).toBe('1');
    source = hanging.source;
    const all = new Set((await told(6)).map(({ metadata }) => metadata.current_version));
    expect(all).toEqual(new Set(['1', '2', '3', '4', '5', '6']));
  });

  it('that hangs lets entries of more Vault namespaces wait than one call has hubs', async () => {
    const namespaces = Array.from(
      { length: MAX_PUBLISH_NAMESPACES + 1 },
      (_, index) => `t${index}`,
    );
    for (const path of namespaces) {
      await fetch(`${carillon.address}/v1/sys/namespaces/${path}`, {
        method: 'PUT',
        headers: { 'X-Vault-Token': carillon.token },
      });
    }
    answer = () => {};
    const inNamespace = (path: string) => {
      const { request, ...others } = entry('update', 'secret/data/app', { version: 1 });
      return { ...others, request: { ...request, namespace: { path: `${path}/` } } };
    };
    await send([entry('update', 'secret/data/app', { version: 1 })]);
    await Promise.all(namespaces.map((path) => send([inNamespace(path)])));
    const all = namespaces.length + 1;
    const toldOfAll = async () => (await told(all, '&namespaces=*')).length;
    await expect.poll(toldOfAll, { timeout: 50_000 }).toBe(all);
  }, 60_000);

  it('is asked nothing by a path that could lead elsewhere', async () => {
    const { request, ...others } = entry('update', 'secret/data/app', { version: 1 });
    await send([{ ...others, request: { ...request, path: 'secret/data/../../sys/seal' } }]);
    const mount = '../../../../sys/';
    const elsewhere = { ...request, mount_point: mount, path: `${mount}data/app` };
    await send([
      { ...others, request: elsewhere },
      entry('update', 'secret/data/app', { version: 3 }),
    ]);
    await told(1);
    expect(
      reads.filter((path) => !path.endsWith('/app') && !path.endsWith('mounts/secret/')),
    ).toEqual([]);
  });
});

describe('the token', () => {
  it('is never shown, and stays with the address that it was given for', async () => {
    const shown = (await (await api('GET', `sources/${source}`)).json()) as { data: object };
    expect(shown.data).toMatchObject({ read: { address: audited, token: '(hidden)' } });
    expect(JSON.stringify(shown)).not.toContain(READ_TOKEN);
    expect((await write({ read: { address: audited } }, undefined)).status).toBe(204);
    await send([entry('update', 'secret/data/app', { version: 3 })]);
    expect((await told(1))[0]?.metadata.oldest_version).toBe('1');

    const moved = await write({ read: { address: 'https://elsewhere.example.com' } }, undefined);
    expect(moved.status).toBe(400);
    expect(await errorsOf(moved)).toContain('read has another address than before');
  });

  it('is gone with "read"', async () => {
    expect((await write({}, undefined)).status).toBe(204);
    const again = await write({ read: { address: audited } }, undefined);
    expect(await errorsOf(again)).toContain('missing read.token');
    await send([entry('update', 'secret/data/app', { version: 3 })]);
    await told(1);
    expect(reads).toEqual([]);
  });

  it.each([
    [{ token: 'x' }, 'missing read.address: this server has no UPSTREAM_ADDR'],
    [
      { address: 'http://openbao.example.com', token: 'x' },
      'read.address must begin with "https://"',
    ],
    [
      { address: 'https://10.0.0.1', token: 'x' },
      'read.address is an address of a private network',
    ],
    [{ address: 'https://bao.example.com?x', token: 'x' }, 'read.address must not have a query'],
    [{ address: 'https://bao.example.com', token: '(hidden)' }, 'read.token is (hidden)'],
    [{ address: 'https://bao.example.com', token: 7 }, 'read.token must be a string, not a number'],
    [
      { address: 'https://bao.example.com', token: 'a b' },
      'read.token must be a token of the audited server',
    ],
    [{ adress: 'https://bao.example.com' }, 'did you mean "address"'],
    ['https://bao.example.com', 'read'],
  ])('%o is refused with the reason', async (read, why) => {
    const refused = await write({ read });
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(why);
  });

  it('does not go with "block"', async () => {
    const refused = await write({
      on_overload: 'block',
      read: { address: audited, token: READ_TOKEN },
    });
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain('a source with "read" has "on_overload": "drop"');
  });

  it('comes from a file on the command line', async () => {
    const env = { VAULT_ADDR: carillon.address, VAULT_TOKEN: carillon.token };
    const token = join(scratch, 'token');
    const settings = join(scratch, 'settings.json');
    writeFileSync(token, READ_TOKEN);
    writeFileSync(settings, JSON.stringify({ kind: 'vault-audit', read: { address: audited } }));
    const args = ['--settings', settings, '--read-token-file', token, source];
    expect(await run(['source', 'write', ...args], env)).toMatchObject({ code: 0 });
    await send([entry('update', 'secret/data/app', { version: 3 })]);
    expect((await told(1))[0]?.metadata.oldest_version).toBe('1');
  });
});
