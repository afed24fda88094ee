import { describe, expect, it } from 'vitest';
import { after, parsePath, parseQuery, pathOf } from '../../src/http/request/path.ts';
import { accepted, failureOf } from './support/result.ts';

const HOST = 'https://vault.example.com:8200';

describe('the path of a request', () => {
  it.each([
    ['/v1/sys/events/subscribe/kv*', '/v1/sys/events/subscribe/kv*'],
    ['/v1/sys/events/subscribe/kv%2A', '/v1/sys/events/subscribe/kv*'],
    ['/v1/sys/events/subscribe/kv%2a', '/v1/sys/events/subscribe/kv*'],
    ['/v1/sys/events/subscribe/kv-v2%2Fdata-write', '/v1/sys/events/subscribe/kv-v2/data-write'],
    ['/a%20b', '/a b'],
    ['/%C3%BC%F0%9F%98%80', '/ü😀'],
    ['/a+b', '/a+b'],
    ['/%41', '/A'],
    ['/', '/'],
    ['/a/', '/a/'],
    ['//a//b', '/a/b'],
    ['///', '/'],
    ['//v1/sys/health', '/v1/sys/health'],
    ['/v1///sys//', '/v1/sys/'],
    ['//evil.example/v1', '/evil.example/v1'],
    ['/a%2F/b', '/a//b'],
    ['/a%2F%2Fb', '/a//b'],
    ['/a?b=//c', '/a'],
  ])('%s is decoded once: %s', (raw, path) => {
    expect(accepted(parsePath(HOST + raw))).toBe(path);
  });

  it('is not decoded twice', () => {
    expect(accepted(parsePath(`${HOST}/%252e%252e/%252F`))).toBe('/%2e%2e/%2F');
  });

  it('is "/" where the URL has none', () => {
    expect(accepted(parsePath(HOST))).toBe('/');
    expect(accepted(parsePath(`${HOST}?a=/b`))).toBe('/');
    expect(accepted(parsePath(`${HOST}#/b`))).toBe('/');
  });

  it('ends before the query and the fragment, whatever these hold', () => {
    expect(accepted(parsePath(`${HOST}/a?b=/../c&d=%zz`))).toBe('/a');
    expect(accepted(parsePath(`${HOST}/a#/../b?c`))).toBe('/a');
    expect(accepted(parsePath(`${HOST}/a?u=https://x/..`))).toBe('/a');
  });

  it('keeps a question mark and a hash that are escaped', () => {
    expect(accepted(parsePath(`${HOST}/a%3Fb%23c`))).toBe('/a?b#c');
  });

  it.each([
    ['/v1/..', '..'],
    ['/v1/../sys', '..'],
    ['/v1/%2e%2e/sys', '..'],
    ['/v1/%2E%2E/sys', '..'],
    ['/v1/.%2e/sys', '..'],
    ['/v1/%2E./sys', '..'],
    ['/v1/%2e%2e%2fsys', '..'],
    ['/v1%2F..%2Fsys', '..'],
    ['/.', '.'],
    ['/v1/./sys', '.'],
    ['/v1/%2e/sys', '.'],
    ['/v1/%2E', '.'],
  ])('is refused, not folded, with the dot segment in %s', (raw, dots) => {
    expect(failureOf(parsePath(HOST + raw))).toEqual({
      reason: 'invalid',
      message: `the path of the URL has a "${dots}" segment`,
    });
  });

  it('may have dots that are no segment of their own', () => {
    expect(accepted(parsePath(`${HOST}/.../..a/b../.c`))).toBe('/.../..a/b../.c');
  });

  it.each(['/%', '/%2', '/%zz', '/a%2', '/%C3', '/%C0%AE%C0%AE/', '/%ED%A0%80', '/%FF'])(
    'is refused with the malformed escape in %s',
    (raw) => {
      expect(failureOf(parsePath(HOST + raw))).toEqual({
        reason: 'invalid',
        message: 'the path of the URL has a malformed percent escape',
      });
    },
  );

  it.each(['/a%00', '/a%0a', '/a%0D', '/%1f', '/%7F/b', '/a%09b'])(
    'is refused with the control character in %s',
    (raw) => {
      expect(failureOf(parsePath(HOST + raw))).toEqual({
        reason: 'invalid',
        message: 'the path of the URL has a control character',
      });
    },
  );
});

describe('what follows a prefix', () => {
  it.each([
    ['/v1/sys/events/publish/kv/x', 'kv/x'],
    ['/v1/sys/events/publish/', ''],
    ['/v1/sys/events/publish', ''],
    ['/v1/sys/events/publisher/kv', ''],
    ['/v1/other/v1/sys/events/publish/kv', ''],
    ['/v1/sys/events/publish//kv', '/kv'],
  ])('in %s is "%s"', (path, rest) => {
    expect(after('/v1/sys/events/publish', path)).toBe(rest);
  });
});

describe('the query of a request', () => {
  it.each([
    ['/a?json=true&filter=a+b#json=false', { json: 'true', filter: 'a b' }],
    ['?a=%2F?', { a: '/?' }],
    ['/a#?json=true', {}],
    ['/a?', {}],
    ['/a', {}],
  ])('of %s is read', (rest, query) => {
    expect(Object.fromEntries(parseQuery(HOST + rest))).toEqual(query);
  });

  it.each(['[', 'a b', 'a:99999999', '%00'])(
    'is read where the host is %j, which is none',
    (name) => {
      expect(parseQuery(`http://${name}/a?json=1`).get('json')).toBe('1');
      expect(accepted(parsePath(`http://${name}/a?json=1`))).toBe('/a');
    },
  );
});

describe('the path of a URL that is repeated', () => {
  it('is that of the URL, whatever came in between', () => {
    const routes = ['/v1/sys/a', '/v1/sys/a', '/v1/team/sys/a', '/v1/sys/b?c=d', '/v1/sys/a'].map(
      (url) => accepted(pathOf(HOST + url)),
    );
    expect(routes.map(({ whole }) => whole)).toEqual([
      '/v1/sys/a',
      '/v1/sys/a',
      '/v1/team/sys/a',
      '/v1/sys/b',
      '/v1/sys/a',
    ]);
    expect(routes.map(({ namespace }) => namespace)).toEqual(['', '', 'team', '', '']);
  });

  it('is refused each time if it is no path', () => {
    for (let i = 0; i < 3; i++) expect(pathOf(`${HOST}/v1/%00`).ok).toBe(false);
    expect(accepted(pathOf(`${HOST}/v1/sys/a`)).route).toBe('/v1/sys/a');
    expect(pathOf(`${HOST}/v1/%00`).ok).toBe(false);
  });
});
