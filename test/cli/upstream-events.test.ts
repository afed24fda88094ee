/** Events of what passes through to the upstream, against an upstream that answers as each test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_COPIED_BODY_BYTES } from '../../src/http/limits.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Subscriber, subscribe } from '../support/subscriber.ts';

type Json = Record<string, unknown>;
type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const ROOT = 'carillon-root';
const MOUNTS = '/v1/sys/internal/ui/mounts/';
/** A path whose requests the upstream answers before it has read them. */
const EARLY = '/delete/early';

let carillon: LocalServer;
let strict: LocalServer;
let answer: Answer;
/** Requests that reached the upstream, without those about mounts. */
let seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
let mountsAsked: string[];

/** By namespace and path. */
const mounts: Readonly<Record<string, Json>> = {
  'secret/': mount('secret/', 'kv', '2'),
  'kv1/': mount('kv1/', 'kv', '1'),
  'apps/team/kv/': mount('apps/team/kv/', 'kv', '2'),
  'database/': mount('database/', 'database'),
  'transit/': mount('transit/', 'transit'),
  'sys/': mount('sys/', 'system'),
  'ns1 secret/': mount('secret/', 'kv', '2', 'kv_of_ns1'),
  'ns1/secret/': mount('ns1/secret/', 'kv', '2', 'kv_of_ns1'),
  'ns1 child/apps/kv/': mount('ns1/child/apps/kv/', 'kv', '2', 'kv_of_child'),
  'ns1,x secret/': mount('secret/', 'kv', '2', 'kv_of_x'),
  'a@b secret/': mount('secret/', 'kv', '2', 'kv_of_b'),
  'ns1/child apps/kv/': mount('apps/kv/', 'kv', '2', 'kv_of_child'),
};

function mount(path: string, type: string, version?: string, accessor = `${type}_1`): Json {
  return { path, type, accessor, options: version === undefined ? null : { version } };
}

const upstream = createServer(async (incoming, response) => {
  const { method = '', url = '', headers } = incoming;
  if (url.endsWith(EARLY)) return response.writeHead(204).end();
  let body = '';
  for await (const chunk of incoming) body += chunk;
  if (!url.startsWith(MOUNTS)) {
    seen.push({ method, url, headers, body });
    return answer(incoming, response, body);
  }
  mountsAsked.push(url);
  const namespace = headers['x-vault-namespace'] ?? '';
  const path = `${namespace}${namespace && ' '}${decodeURI(url.slice(MOUNTS.length))}`;
  const found = Object.entries(mounts).find(([prefix]) => path.startsWith(prefix))?.[1];
  return found === undefined
    ? json(response, { errors: ['preflight capability check returned 403'] }, 403)
    : json(response, { request_id: 'of-the-look-up', data: found });
});

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const options = ['--upstream', address, '--root-token', ROOT];
  carillon = await startLocalServer(options);
  strict = await startLocalServer([...options, '--var', 'UPSTREAM_EVENTS=strict']);
  for (const { address: own } of [carillon, strict]) {
    const headers = { 'X-Vault-Token': ROOT };
    await fetch(`${own}/v1/sys/namespaces/ns1`, { method: 'PUT', headers });
    await fetch(`${own}/v1/ns1/sys/namespaces/child`, { method: 'PUT', headers });
  }
});
beforeEach(() => {
  seen = [];
  mountsAsked = [];
  answer = (_, response) => written(response);
});
afterAll(async () => {
  await Promise.all([carillon.stop(), strict.stop()]);
  upstream.closeAllConnections();
  upstream.close();
});

let requests = 0;

function json(response: ServerResponse, body: Json, status = 200, headers: Json = {}): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...(headers as Record<string, string>),
  });
  response.end(text);
}

/** As OpenBao answers a write of kv version 2. */
function writtenBody(version = 7): Json {
  const data = { created_time: '2026-11-30T00:00:00Z', deletion_time: '', version };
  return { ...emptyBody(), data };
}

function emptyBody(): Json {
  const request_id = `00000000-0000-4000-8000-${String(++requests).padStart(12, '0')}`;
  const rest = { data: null, wrap_info: null, warnings: null, auth: null };
  return { request_id, lease_id: '', renewable: false, lease_duration: 0, ...rest };
}

function written(response: ServerResponse, headers: Json = {}): void {
  json(response, writtenBody(), 200, headers);
}

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly at?: LocalServer;
}

async function send(
  method: string,
  path: string,
  { headers = {}, body, at = carillon }: Sent = {},
) {
  const response = await fetch(`${at.address}/v1/${path}`, {
    method,
    headers: { 'X-Vault-Token': 's.token', ...headers },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function listen(pattern = '*', at = carillon): Promise<Subscriber> {
  return subscribe({ address: at.address, token: ROOT }, pattern, {
    query: 'json=true&namespaces=*',
  });
}

async function next(
  subscriber: Subscriber,
): Promise<Json & { event: { metadata: Json; id: string } }> {
  const { text } = await subscriber.next();
  const { data, source } = JSON.parse(text) as { data: Json; source: string };
  return { ...data, source } as never;
}

/** Writes what makes an event, so that nothing can come after it that was to come before. */
async function last(subscriber: Subscriber): Promise<Json> {
  answer = (_, response) => written(response);
  await send('PUT', 'secret/data/last', { body: '{"data":{}}' });
  return (await next(subscriber)).event.metadata;
}

describe('a write that passes through and succeeds', () => {
  it('is an event of the server itself, with the version from the answer', async () => {
    await using subscriber = await listen();
    answer = (_, response) => written(response, { 'X-Vault-Index': 'djE6YWJj' });
    const { text } = await send('PUT', 'secret/data/app', { body: '{"data":{"password":"x"}}' });
    const { request_id } = JSON.parse(text) as Json;
    expect(await next(subscriber)).toEqual({
      source: 'vault://carillon/sys/events/upstream',
      event_type: 'kv-v2/data-write',
      event: {
        id: request_id,
        metadata: {
          current_version: '7',
          data_path: 'secret/data/app',
          modified: 'true',
          operation: 'data-write',
          path: 'secret/data/app',
          vault_index: 'djE6YWJj',
        },
      },
      plugin_info: {
        mount_class: 'secret',
        mount_accessor: 'kv_1',
        mount_path: 'secret/',
        plugin: 'kv',
        version: '2',
      },
    });
  });

  it.each([
    ['DELETE', 'secret/data/app', undefined, 'kv-v2/data-delete', {}],
    [
      'POST',
      'secret/delete/app',
      '{"versions":["1",2]}',
      'kv-v2/delete',
      { deleted_versions: '[1,2]' },
    ],
    [
      'POST',
      'secret/metadata/app',
      '{"max_versions":3}',
      'kv-v2/metadata-write',
      { data_path: 'secret/metadata/app' },
    ],
    ['PUT', 'secret/config', '{"max_versions":3}', 'kv-v2/config-write', {}],
    ['PUT', 'kv1/data/app?list=true', '{"a":"b"}', 'kv-v1/write', { path: 'kv1/data/app' }],
    ['DELETE', 'kv1/app?list=true', undefined, 'kv-v1/delete', { path: 'kv1/app' }],
    ['PUT', 'kv1/data/app', '{"password":"x"}', 'kv-v1/write', { data_path: 'kv1/data/app' }],
    [
      'POST',
      'apps/team/kv/data/x',
      '{"data":{}}',
      'kv-v2/data-write',
      { path: 'apps/team/kv/data/x' },
    ],
    [
      'POST',
      'secret/data/a%20b%2F%2Fc',
      '{"data":{}}',
      'kv-v2/data-write',
      { path: 'secret/data/a b/c' },
    ],
    ['POST', 'database/rotate-role/app', undefined, 'database/rotate', { name: 'app' }],
    [
      'PUT',
      'sys/leases/revoke',
      '{"lease_id":"database/creds/app/1"}',
      'lease/revoked',
      { lease_id: 'database/creds/app/1', path: 'database/creds/app' },
    ],
  ])('%s %s, answered without content', async (method, path, body, type, metadata) => {
    await using subscriber = await listen();
    answer = (_, response) => response.writeHead(204).end();
    expect((await send(method, path, { ...(body && { body }) })).status).toBe(204);
    const { event, event_type } = await next(subscriber);
    expect(event_type).toBe(type);
    expect(event.metadata).toMatchObject(metadata);
    expect(seen[0]?.body).toBe(body ?? '');
    expect(seen[0]?.headers['carillon-request']).toMatch(
      new RegExp(`^${event.id}\\.\\d+\\.[\\w-]{43}$`),
    );
  });

  it('is no event if it is of settings and sets nothing', async () => {
    await using subscriber = await listen();
    answer = (_, response) => response.writeHead(204).end();
    await send('POST', 'secret/metadata/app', { body: '{}' });
    await send('POST', 'secret/metadata/app');
    await send('PUT', 'secret/config');
    expect(await last(subscriber)).toMatchObject({ path: 'secret/data/last' });
  });

  it('has a name for the audit log that its client cannot choose', async () => {
    await send('PUT', 'secret/data/app', { headers: { 'Carillon-Request': 'mine' }, body: '{}' });
    await send('GET', 'secret/data/app', { headers: { 'Carillon-Request': 'mine' } });
    expect(seen[0]?.headers['carillon-request']).not.toContain('mine');
    expect(seen[1]?.headers['carillon-request']).toBeUndefined();
  });

  it('has no version if its answer is wrapped', async () => {
    await using subscriber = await listen();
    const wrap_info = { token: 's.wrapping', ttl: 60, creation_path: 'secret/data/app' };
    answer = (_, response) => json(response, { ...emptyBody(), request_id: '', wrap_info });
    await send('PUT', 'secret/data/app', { headers: { 'X-Vault-Wrap-TTL': '60' }, body: '{}' });
    const { event } = await next(subscriber);
    expect(event.metadata).toEqual({
      data_path: 'secret/data/app',
      modified: 'true',
      operation: 'data-write',
      path: 'secret/data/app',
    });
  });

  it('may log in by its own headers, and is an event if its mount is known', async () => {
    await using subscriber = await listen();
    await send('PUT', 'secret/data/first', { body: '{}' });
    await next(subscriber);
    const asked = mountsAsked.length;
    const headers = { 'X-Vault-Inline-Auth-Path': 'auth/userpass/login/ann' };
    for (const path of ['secret/data/app', 'plain/app']) {
      const address = `${carillon.address}/v1/${path}`;
      await (await fetch(address, { method: 'PUT', headers, body: '{}' })).text();
    }
    expect((await next(subscriber)).event.metadata.path).toBe('secret/data/app');
    expect(mountsAsked).toHaveLength(asked);
    await expect
      .poll(() => carillon.output(), { timeout: 20_000 })
      .toContain('it logs in by its own headers');
  });

  it('is two events if it issues credentials', async () => {
    await using subscriber = await listen();
    const data = { username: 'canary-user', password: 'canary-password' };
    const lease_id = 'database/creds/app/abc';
    answer = (_, response) => json(response, { ...emptyBody(), data, lease_id });
    await send('GET', 'database/creds/app');
    const events = [await next(subscriber), await next(subscriber)];
    expect(new Set(events.map(({ event_type }) => event_type))).toEqual(
      new Set(['database/creds-create', 'lease/issued']),
    );
    expect(JSON.stringify(events)).not.toContain('canary');
  });

  it('is none if it is of another engine, fails, or reads, and its mount is asked for once', async () => {
    await using subscriber = await listen();
    await send('POST', 'transit/keys/app');
    await send('POST', 'transit/keys/app');
    expect(mountsAsked.filter((url) => url.includes('transit'))).toHaveLength(1);
    for (const status of [400, 403, 404, 412, 429, 500, 503]) {
      answer = (_, response) => json(response, { errors: [] }, status);
      await send('PUT', 'secret/data/app', { body: '{}' });
    }
    answer = (_, response) => response.writeHead(307, { Location: '/v1/other' }).end();
    await fetch(`${carillon.address}/v1/secret/data/app`, {
      method: 'PUT',
      headers: { 'X-Vault-Token': 's.token' },
      redirect: 'manual',
    });
    answer = (_, response) => written(response);
    await send('GET', 'secret/data/app');
    await send('HEAD', 'secret/data/app');
    await send('GET', 'database/creds?list=true');
    await send('PUT', 'auth/ldap/config', { body: '{}' });
    await send('PUT', 'sys/policies/acl/app', { body: '{}' });
    expect(await last(subscriber)).toMatchObject({ path: 'secret/data/last' });
  });
});

describe('the Vault namespace of an event', () => {
  it.each([
    ['the header', 'secret/data/app', { 'X-Vault-Namespace': '/ns1/' }],
    ['the path', 'ns1/secret/data/app', {}],
  ])('is in %s', async (_, path, headers) => {
    await using subscriber = await listen();
    await send('PUT', path, { headers: headers as never, body: '{}' });
    const { event, namespace, plugin_info } = await next(subscriber);
    expect([namespace, event.metadata.path]).toEqual(['ns1/', 'secret/data/app']);
    expect(plugin_info).toMatchObject({ mount_path: 'secret/', mount_accessor: 'kv_of_ns1' });
  });

  it('is in both, of a mount whose path has two segments', async () => {
    await using subscriber = await listen();
    const headers = { 'X-Vault-Namespace': 'ns1' };
    await send('PUT', 'child/apps/kv/data/app', { headers, body: '{}' });
    const { event, namespace, plugin_info } = await next(subscriber);
    expect([namespace, event.metadata.path]).toEqual(['ns1/child/', 'apps/kv/data/app']);
    expect(plugin_info).toMatchObject({ mount_path: 'apps/kv/', mount_accessor: 'kv_of_child' });
  });
});

describe('an event that is lost', () => {
  it.each(['ns1,x', 'a@b'])(
    'because no namespace can be called %s here, is logged',
    async (name) => {
      await using subscriber = await listen();
      await send('PUT', 'ns1/secret/data/first', { body: '{}' });
      await next(subscriber);
      await send('PUT', 'secret/data/app', { headers: { 'X-Vault-Namespace': name }, body: '{}' });
      expect(await last(subscriber)).toMatchObject({ path: 'secret/data/last' });
      await expect.poll(() => carillon.output(), { timeout: 20_000 }).toContain(name);
    },
  );

  it('because the upstream does not say which mount the path is in, is logged', async () => {
    await using subscriber = await listen();
    await send('PUT', 'unknown/data/app', { body: '{}' });
    expect(await last(subscriber)).toMatchObject({ path: 'secret/data/last' });
    await expect
      .poll(() => carillon.output(), { timeout: 20_000 })
      .toContain('the upstream does not say which mount the path is in');
  });
});

describe('bodies', () => {
  it.each([
    ['with a length', true],
    ['in chunks', false],
  ])(
    'pass whole if they are large, %s, and the event has what could be read',
    async (_, isKnown) => {
      await using subscriber = await listen();
      const text = JSON.stringify({ ...writtenBody(), padding: 'x'.repeat(3 * 1024 * 1024) });
      answer = (_, response) => {
        response.writeHead(200, isKnown ? { 'Content-Length': text.length } : {});
        response.end(text);
      };
      const large = 'y'.repeat(MAX_COPIED_BODY_BYTES);
      const sent = JSON.stringify({ versions: [1], large });
      const answered = await send('POST', 'secret/destroy/app', { body: sent });
      expect(answered.text === text).toBe(true);
      expect(seen[0]?.body === sent).toBe(true);
      const { event } = await next(subscriber);
      expect(event.metadata).toEqual({
        modified: 'true',
        operation: 'destroy',
        path: 'secret/destroy/app',
      });
    },
  );

  it('are read if they are small and come in chunks', async () => {
    await using subscriber = await listen();
    answer = (_, response) => {
      const text = JSON.stringify(writtenBody(8));
      response.write(text.slice(0, 40));
      setImmediate(() => response.end(text.slice(40)));
    };
    await send('PUT', 'secret/data/app', { body: '{}' });
    expect((await next(subscriber)).event.metadata).toMatchObject({ current_version: '8' });
  });

  it.each([
    ['its client leaves before the answer', 'before'],
    ['its client leaves in the middle of the answer', 'within'],
  ])('do not matter: a write is an event if %s', async (_, when) => {
    await using subscriber = await listen();
    await send('PUT', 'secret/data/first', { body: '{}' });
    await next(subscriber);
    const { hostname, port } = new URL(carillon.address);
    const headers = { 'X-Vault-Token': 's.token', 'Content-Length': '2' };
    const path = '/v1/secret/data/left';
    const left = new Promise<void>((resolve) => {
      const sent = request({ hostname, port, method: 'PUT', path, headers });
      sent.on('error', () => undefined);
      answer = (_, response) => {
        const text = JSON.stringify(writtenBody(9));
        const leave = () => {
          sent.destroy();
          setTimeout(resolve, 100);
        };
        if (when === 'before') leave();
        else {
          response.writeHead(200, { 'Content-Length': text.length });
          response.write(text.slice(0, 40));
          sent.once('response', (answered) => answered.once('data', leave));
        }
        left.then(() => response.end(when === 'before' ? text : text.slice(40)));
      };
      sent.end('{}');
    });
    await left;
    expect((await next(subscriber)).event.metadata).toMatchObject({ path: 'secret/data/left' });
  });

  it('may go on after the answer, and the event does not wait for their end', async () => {
    await using subscriber = await listen();
    await send('PUT', 'secret/data/first', { body: '{}' });
    await next(subscriber);
    const open = request(`${carillon.address}/v1/secret/delete/early`, {
      method: 'POST',
      headers: { 'X-Vault-Token': 's.token' },
    });
    open.on('error', () => undefined).write('{"versions":[1]');
    await once(open, 'response');
    const { event } = await next(subscriber);
    expect(event.metadata).toMatchObject({ operation: 'delete', path: 'secret/delete/early' });
    expect(event.metadata).not.toHaveProperty('deleted_versions');
    open.destroy();
  });

  it('may break off: the write happened, and its event has no version', async () => {
    await using subscriber = await listen();
    answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('{"request_id":');
      setTimeout(() => response.destroy(), 50);
    };
    await expect(send('PUT', 'secret/data/app', { body: '{}' })).rejects.toThrow();
    expect((await next(subscriber)).event.metadata).toEqual({
      data_path: 'secret/data/app',
      modified: 'true',
      operation: 'data-write',
      path: 'secret/data/app',
    });
  });
});

describe('UPSTREAM_EVENTS=strict', () => {
  it('does not warn of a large secret whose name looks like credentials', async () => {
    const text = JSON.stringify({ data: { padding: 'x'.repeat(MAX_COPIED_BODY_BYTES) } });
    answer = (_, response) => response.writeHead(200).end(text);
    const read = await fetch(`${strict.address}/v1/kv1/creds/app`, {
      headers: { 'X-Vault-Token': 's.token' },
    });
    expect(await read.text()).toBe(text);
    expect(read.headers.get('carillon-warning')).toBeNull();
  });

  it('has stored the event when it answers', async () => {
    const { text } = await send('PUT', 'secret/data/app', { at: strict, body: '{}' });
    const { request_id } = JSON.parse(text) as Json;
    await using subscriber = await subscribe({ address: strict.address, token: ROOT }, 'kv-v2/*', {
      query: 'json=true&since=earliest',
    });
    expect((await next(subscriber)).event.id).toBe(request_id);
  });

  it('warns of an event that cannot be stored, and the write has succeeded', async () => {
    const body = { ...writtenBody(), warnings: ['of OpenBao'] };
    answer = (_, response) => json(response, body);
    const { status, headers, text } = await send('PUT', 'unknown/data/app', {
      at: strict,
      body: '{}',
    });
    const warning =
      'the request succeeded, but its event is missing: the upstream does not say which mount the path is in';
    expect(status).toBe(200);
    expect(headers.get('carillon-warning')).toBe(warning);
    expect(JSON.parse(text)).toEqual({ ...body, warnings: ['of OpenBao', warning] });
  });

  it.each(['{"data":{"version":12345678901234567890}}', '<not JSON>', ''])(
    'changes no byte of an answer that JSON cannot carry: %s',
    async (body) => {
      answer = (_, response) => response.end(body);
      const { headers, text } = await send('PUT', 'unknown/data/app', { at: strict, body: '{}' });
      expect(text).toBe(body);
      expect(headers.get('carillon-warning')).toContain('its event is missing');
    },
  );
});

describe('an audit device of the same upstream', () => {
  const SECRET = 'the-secret-of-the-device';

  async function sourceOf(at: LocalServer, settings: Json): Promise<number> {
    const { status } = await fetch(`${at.address}/v1/sys/events/sources/openbao`, {
      method: 'PUT',
      headers: { 'X-Vault-Token': ROOT },
      body: JSON.stringify({ kind: 'vault-audit', secrets: [SECRET], ...settings }),
    });
    return status;
  }

  /** Sends the entry of a request. @returns what became of its event */
  async function audit(
    id: string,
    path: string,
    operation: string,
    more: Json = {},
  ): Promise<Json> {
    const entry = {
      type: 'response',
      time: new Date().toISOString(),
      auth: { policy_results: { allowed: true } },
      request: {
        ...{ id, operation, path, mount_type: 'kv', mount_point: 'secret/', mount_class: 'secret' },
        headers: more.headers,
      },
      response: { mount_type: 'kv', ...(more.data !== undefined && { data: more.data }) },
    };
    const response = await fetch(`${carillon.address}/v1/sys/events/in/openbao`, {
      method: 'POST',
      headers: { 'X-Vault-Token': SECRET },
      body: JSON.stringify(entry),
    });
    return ((await response.json()) as { data: Json }).data;
  }

  it('makes no second event of a write, if its source is marked', async () => {
    await sourceOf(carillon, { upstream: true });
    await using subscriber = await listen();
    const { text } = await send('PUT', 'secret/data/app', { body: '{}' });
    const { request_id } = JSON.parse(text) as Json;
    await next(subscriber);
    const data = { version: 7 };
    expect(await audit(String(request_id), 'secret/data/app', 'create', { data })).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
  });

  it('nor of one without content, if the device logs the header: in its time, and for its path', async () => {
    await using subscriber = await listen();
    answer = (_, response) => response.writeHead(204).end();
    await send('DELETE', 'secret/data/app');
    await next(subscriber);
    const headers = { 'carillon-request': [String(seen[0]?.headers['carillon-request'])] };
    const isNew = { accepted: 1, duplicates: 0 };
    const isKnown = { accepted: 0, duplicates: 1 };
    const removed = (id: string, path: string, more: Json) => audit(id, path, 'delete', more);
    expect(await removed('r1', 'secret/data/other', { headers })).toMatchObject(isNew);
    expect(await removed('r2', 'secret/data/app', {})).toMatchObject(isNew);
    const forged = { 'carillon-request': [`${headers['carillon-request'][0]?.slice(0, -1)}!`] };
    expect(await removed('r3', 'secret/data/app', { headers: forged })).toMatchObject(isNew);
    expect(await removed('r4', 'secret/data/app', { headers })).toMatchObject(isKnown);
  });

  it('is of the root namespace, as the upstream is', async () => {
    const response = await fetch(`${carillon.address}/v1/ns1/sys/events/sources/openbao`, {
      method: 'PUT',
      headers: { 'X-Vault-Token': ROOT },
      body: JSON.stringify({ kind: 'vault-audit', secrets: [SECRET], upstream: true }),
    });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('belongs into the root namespace'),
    ]);
    expect(await sourceOf(strict, { upstream: true, namespace: 'ns1' })).toBe(400);
  });
});
