import { describe, expect, it } from 'vitest';
import { rawRequest, TOKEN } from './support/raw-request.ts';
import { type Answer, api, call, expectErrors } from './support/target.ts';

const UNSUPPORTED = [expect.stringContaining('unsupported operation')];

describe('a path', () => {
  it.each(['nope', 'sys', 'sys/nope', 'sys/events', 'sys/events/types/nope'])(
    'that leads nowhere is named: %s',
    async (path) => {
      expectErrors(await api(path), 404, [
        `no handler for route "${path}". route entry not found.`,
      ]);
    },
  );

  it('that leads nowhere looks like any other to who has no token', async () => {
    expectErrors(await call('nope'), 403, ['permission denied']);
    expectErrors(await call('sys/events/types'), 403, ['permission denied']);
  });

  it.each([
    '/v1/sys/events/types/../types',
    '/v1/sys/events/%2e%2e/health',
    '/v1/sys/events/%2E%2E/%2E%2E/sys/health',
    '/v1/sys/./health',
    '/v1/sys/%2e/health',
    '/v1/sys/events/subscribe/%2e%2e%2fsubscribe/abc',
    '/v1/..',
  ])('with a dot segment is refused, not folded: %s', async (path) => {
    expectErrors(await get(path), 400, [expect.stringMatching(/"\.\.?" segment/)]);
  });

  it('with a malformed percent escape is refused', async () => {
    expectErrors(await get('/v1/sys/%zz'), 400, [expect.stringContaining('percent escape')]);
    expectErrors(await get('/v1/sys/events/subscribe/%ff'), 400, [
      expect.stringContaining('percent escape'),
    ]);
  });

  it('with a control character is refused', async () => {
    expectErrors(await get('/v1/sys/events/subscribe/a%00b'), 400, [
      expect.stringContaining('control character'),
    ]);
  });

  it.each(['//v1/sys/health', '///v1//sys///health', '//v1/sys/health?activecode=299'])(
    'with slashes that follow one another is the folded one: %s',
    async (path) => {
      const answer = await rawRequest({ path });
      // Vault redirects there.
      if (answer.status === 301) {
        expect(answer.headers.get('location')).toBe(path.replace(/\/+/g, '/'));
      } else expect(answer.status).toBe(path.includes('299') ? 299 : 200);
    },
  );

  it('keeps a slash that is percent-encoded', async () => {
    expectErrors(await get('/v1/sys%2F/health'), 404, [
      'no handler for route "sys//health". route entry not found.',
    ]);
  });

  it('is the same whether or not it is percent-encoded', async () => {
    expect(await get('/v1/%73ys/events/types?list=true')).toMatchObject({ status: 200 });
  });
});

describe('a method', () => {
  it.each(['GET', 'DELETE', 'PATCH'])(
    'other than POST and PUT does not publish: %s',
    async (method) => {
      const answer = await api('sys/events/publish/abc', { method });
      expectErrors(answer, 405, UNSUPPORTED);
      expect(answer.headers.get('allow')).toBe('POST, PUT');
    },
  );

  it.each(['POST', 'PUT', 'DELETE'])(
    'other than GET does not list event types: %s',
    async (method) => {
      const answer = await api('sys/events/types', { method });
      expectErrors(answer, 405, UNSUPPORTED);
      expect(answer.headers.get('allow')).toBe('GET');
    },
  );
});

describe('the list of event types', () => {
  interface Types {
    readonly keys: readonly string[];
    readonly key_info: Readonly<Record<string, { readonly metadata: readonly string[] }>>;
  }

  it.each(['sys/events/types?list=true', 'sys/events/types'])('is at %s', async (path) => {
    const { status, body } = await api(path);
    expect(status).toBe(200);
    const { data } = JSON.parse(body) as { data: Types };
    expect(data.keys).toEqual([...data.keys].sort());
    expect(data.keys).toEqual(expect.arrayContaining(['database/rotate', 'kv-v2/data-write']));
    expect(Object.keys(data.key_info)).toEqual(data.keys);
  });

  it('says which metadata each type carries', async () => {
    const { data } = JSON.parse((await api('sys/events/types?list=true')).body) as { data: Types };
    expect(data.key_info['kv-v2/data-write']?.metadata).toEqual([
      'data_path',
      'modified',
      'operation',
      'path',
    ]);
    expect(data.key_info['kv-v1/delete']?.metadata).toEqual(['modified', 'operation', 'path']);
  });
});

/** With the root token, the path sent as it stands here. */
function get(path: string): Promise<Answer> {
  return rawRequest({ path, headers: [TOKEN] });
}
