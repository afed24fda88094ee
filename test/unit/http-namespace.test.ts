import { describe, expect, it } from 'vitest';
import { divide, namespaceOf } from '../../src/http/request/path.ts';

describe('a path is divided before its route', () => {
  it.each([
    ['/v1/sys/health', '', '/v1/sys/health'],
    ['/v1/team/sys/health', 'team', '/v1/sys/health'],
    ['/v1/team/prod/auth/token/create', 'team/prod', '/v1/auth/token/create'],
    ['/v1/team/sys/policies/acl/sys', 'team', '/v1/sys/policies/acl/sys'],
    ['/v1/sys/namespaces/team/auth', '', '/v1/sys/namespaces/team/auth'],
    ['/v1/auth/sys/x', '', '/v1/auth/sys/x'],
    ['/v1/team/system/x', '', '/v1/team/system/x'],
    ['/v1/team/SYS/health', '', '/v1/team/SYS/health'],
    ['/v1/team', '', '/v1/team'],
    ['/v1', '', '/v1'],
    ['/', '', '/'],
    ['', '', ''],
    ['/v2/team/sys/health', '', '/v2/team/sys/health'],
    ['/team/sys/health', '', '/team/sys/health'],
  ])('%s: %j and %s', (path, namespace, route) => {
    expect(divide(path)).toEqual({ namespace, route });
  });

  it('also where it ends with a slash', () => {
    expect(divide('/v1/team/sys/namespaces/')).toEqual({
      namespace: 'team',
      route: '/v1/sys/namespaces/',
    });
  });
});

describe('the namespace of a request', () => {
  it.each([
    [undefined, '', ''],
    ['', '', ''],
    ['root', '', ''],
    ['team', '', 'team'],
    ['team/', '', 'team'],
    ['/team/prod/', '', 'team/prod'],
    [undefined, 'team', 'team'],
    ['', 'team/prod', 'team/prod'],
    ['team', 'prod', 'team/prod'],
    ['team/', 'prod/eu', 'team/prod/eu'],
    ['root', 'team', 'team'],
    ['team, other', '', 'team'],
    [', other', '', ''],
    ['team,', 'prod', 'team/prod'],
  ])('with the header %j and %j in the URL is %j', (header, inUrl, namespace) => {
    expect(namespaceOf(headersWith(header), inUrl)).toBe(namespace);
  });

  it.each([
    ['..', ''],
    ['a/../b', ''],
    ['a//b', ''],
    ['sys', ''],
    ['a b', ''],
    ['a@b', ''],
    ['*', ''],
    ['..', 'team'],
    ['team', '..'],
    ['team', 'prod/../../x'],
    ['team', 'root'],
    ['a/b/c/d/e', 'f/g/h/i'],
  ])('with the header %j and %j in the URL can be none', (header, inUrl) => {
    expect(namespaceOf(headersWith(header), inUrl)).toBeUndefined();
  });
});

function headersWith(namespace: string | undefined): Headers {
  return new Headers(namespace === undefined ? {} : { 'X-Vault-Namespace': namespace });
}
