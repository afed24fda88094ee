import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../../src/app.ts';
import type { Bindings } from '../../src/http/context.ts';
import { fetchApi } from './support.ts';

function fetchWith(bindings: Partial<Bindings>, path: string, init: RequestInit = {}) {
  return app.fetch(new Request(`http://carillon.test/v1/${path}`, init), { ...env, ...bindings });
}

async function errorsOf(response: Response): Promise<string[]> {
  return ((await response.json()) as { errors: string[] }).errors;
}

describe('without a root token', () => {
  it.each([{ ROOT_TOKEN: '' }, { ROOT_TOKEN: undefined as unknown as string }])(
    'health answers 501 and everything else 503 with what to do (%o)',
    async (bindings) => {
      const health = await fetchWith(bindings, 'sys/health');
      expect(health.status).toBe(501);
      expect(await health.json()).toMatchObject({ initialized: false });
      expect((await fetchWith(bindings, 'sys/health?uninitcode=299')).status).toBe(299);
      for (const path of [
        'sys/events/types',
        'sys/events/subscribe/abc',
        'sys/events/publish/abc',
        'x',
      ]) {
        const response = await fetchWith(bindings, path, { headers: { 'X-Vault-Token': '' } });
        expect(response.status).toBe(503);
        expect(await errorsOf(response)).toEqual([
          expect.stringContaining('wrangler secret put ROOT_TOKEN'),
        ]);
      }
    },
  );
});

describe('a variable that cannot be', () => {
  it.each([
    [{ CLUSTER_NAME: 'not a name' }, /CLUSTER_NAME is "not a name"; set it/],
    [{ ALLOWED_ORIGINS: 'https://a.example, b.example' }, /ALLOWED_ORIGINS has "b.example"/],
    [
      { ALLOWED_ORIGINS: 'https://a.example/path' },
      /ALLOWED_ORIGINS has "https:\/\/a.example\/path"/,
    ],
    [{ JURISDICTION: 'europe' }, /JURISDICTION is "europe"; set it/],
    [{ LOCATION: 'berlin' }, /LOCATION is "berlin"; set it/],
    [{ ROOT_TOKEN: 'one, two' }, /ROOT_TOKEN has a character/],
  ])('is named in every answer (%o)', async (bindings, message) => {
    const response = await fetchWith(bindings, 'sys/events/types');
    expect(response.status).toBe(503);
    expect((await errorsOf(response))[0]).toMatch(message);
  });
});

describe('a token', () => {
  it('is asked for', async () => {
    const response = await fetchWith({}, 'sys/events/types');
    expect(response.status).toBe(403);
    expect(await errorsOf(response)).toEqual(['permission denied']);
  });

  it.each(['wrong', 'roo', 'root2', 'ROOT', 'x'.repeat(10_000)])(
    '%.20s is not the root token',
    async (token) => {
      const response = await fetchApi('sys/events/types', { headers: { 'X-Vault-Token': token } });
      expect(response.status).toBe(403);
      expect(await errorsOf(response)).toEqual([
        '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n',
      ]);
    },
  );

  it.each([
    [{ 'X-Vault-Token': 'root' }, 200],
    [{ 'X-Vault-Token': 'root, other' }, 200],
    [{ 'X-Vault-Token': 'other, root' }, 403],
    [{ Authorization: 'Bearer root' }, 200],
    [{ Authorization: 'bearer root' }, 200],
    [{ Authorization: 'Basic cm9vdDpyb290' }, 403],
    [{ Authorization: 'Basic cm9vdDpyb290, Bearer root' }, 200],
    [
      { Authorization: 'Digest realm="a, Bearer wrong", uri="\\", Bearer wrong", Bearer root' },
      200,
    ],
    [{ Authorization: 'Digest realm="a, Bearer root"' }, 403],
    [{ 'X-Vault-Token': 'wrong', Authorization: 'Bearer root' }, 403],
    [{ 'X-Vault-Token': 'root', Authorization: 'Bearer wrong' }, 200],
  ])('is found in %o', async (headers, status) => {
    expect((await fetchWith({}, 'sys/events/types', { headers })).status).toBe(status);
  });
});

describe('a body', () => {
  const NUMBERS = Array.from({ length: 250_001 }, () => 0);

  it.each(['auth/approle/login', 'auth/jwt/login', 'auth/token/create', 'sys/events/explain'])(
    'has no more members than %s can go through',
    async (path) => {
      const init = { method: 'POST', body: JSON.stringify({ a: NUMBERS }) };
      const response = await fetchApi(path, init);
      expect([path, response.status]).not.toEqual([path, 500]);
      expect(response.status).toBeLessThan(500);
    },
  );

  it('may have as many members in a CloudEvent as there is room for', async () => {
    const members = Array.from({ length: 150_000 }, (_, index) => `"${index.toString(36)}":0`);
    const response = await fetchApi('sys/events/publish', {
      method: 'POST',
      headers: { 'Content-Type': 'application/cloudevents+json' },
      body: `{"specversion":"1.0","id":"1","source":"/s","type":"abc","data":{${members.join()}}}`,
    });
    expect(response.status).toBe(413);
  });

  it.each([
    ['identity', 200],
    ['', 200],
    ['Identity, identity', 200],
    ['gzip', 415],
    ['identity, gzip', 415],
  ])('of an event may have the content encodings %j: %i', async (encodings, status) => {
    const response = await fetchApi('sys/events/publish/abc', {
      method: 'POST',
      headers: { 'Content-Encoding': encodings },
      body: '{}',
    });
    expect(response.status).toBe(status);
  });

  it('has its type read in little time, however many blanks stand in it', async () => {
    const response = await fetchApi('sys/events/publish/abc', {
      method: 'POST',
      headers: { 'Content-Type': `application/json${' '.repeat(60_000)}x` },
      body: '{}',
    });
    expect(response.status).toBe(415);
  }, 2000);
});

describe('a namespace', () => {
  it.each(['', '/', 'root', 'root/', ' '])('%j is the root namespace', async (namespace) => {
    const response = await fetchApi('sys/events/types', {
      headers: { 'X-Vault-Namespace': namespace },
    });
    expect(response.status).toBe(200);
  });

  it.each([
    ['sys/events/types', { 'X-Vault-Namespace': 'ns1/' }],
    ['ns1/sys/events/types', {}],
  ])('that does not exist has no routes (%s)', async (path, headers) => {
    const response = await fetchApi(path, { headers });
    expect(response.status).toBe(404);
    expect(await errorsOf(response)).toEqual([
      'no handler for route "ns1/sys/events/types". route entry not found. There is no namespace "ns1".',
    ]);
  });

  it.each(['sys/events/types', 'sys/mounts'])(
    'a long name of a namespace is not repeated in full, for %s',
    async (path) => {
      const headers = { 'X-Vault-Namespace': 'n'.repeat(10_000) };
      for (const each of [path, `${'m'.repeat(10_000)}/${path}`]) {
        const response = await fetchApi(each, { headers });
        expect(response.status).toBe(404);
        expect((await response.text()).length).toBeLessThan(1300);
      }
    },
  );

  it.each(['v1/sys/events/types', '/v1/auth/token/create', 'v1/auth/jwt/login'])(
    'is not what the address of the server has too much (/v1/%s), which the answer says',
    async (path) => {
      const response = await fetchApi(path, path.includes('log') ? { method: 'POST' } : {});
      expect(response.status).toBe(404);
      expect(await errorsOf(response)).toEqual([
        expect.stringContaining('The path begins with "/v1/" twice'),
      ]);
    },
  );
});

describe('a web page', () => {
  const ALLOWED = { Origin: 'https://app.example.com' };
  const OTHER = { Origin: 'https://evil.example' };

  it('of an allowed origin may call, and is told so', async () => {
    const response = await fetchApi('sys/events/types', { headers: ALLOWED });
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example.com');
    const preflight = await fetchWith({}, 'sys/events/publish/abc', {
      method: 'OPTIONS',
      headers: {
        ...ALLOWED,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'x-vault-token,content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toBe(
      'x-vault-token,content-type',
    );
    expect(preflight.headers.get('Access-Control-Allow-Methods')).toContain('POST');
  });

  it('of another origin is not', async () => {
    const response = await fetchApi('sys/events/types', { headers: OTHER });
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  it.each([
    [ALLOWED, '', 101],
    [OTHER, '', 403],
    [OTHER, '*', 101],
    [{ Origin: 'http://carillon.test' }, '', 101],
    [{ Origin: 'null' }, '', 403],
    [{ Origin: 'not an origin' }, '', 403],
  ])('from %o opens a WebSocket where it may', async (headers, origins, status) => {
    const response = await fetchWith(
      { ALLOWED_ORIGINS: origins || 'https://app.example.com' },
      'sys/events/subscribe/abc',
      {
        headers: {
          ...headers,
          Host: 'carillon.test',
          Upgrade: 'websocket',
          'X-Vault-Token': 'root',
        },
      },
    );
    expect(response.status).toBe(status);
  });
});
