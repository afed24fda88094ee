import { describe, expect, it } from 'vitest';
import { DEFAULT_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS } from '../../src/token/limits.ts';
import { capTtl } from '../../src/token/token-record.ts';
import {
  type CheckedTokenRequest,
  checkTokenRequest,
  type Maker,
  normalizePolicies,
} from '../../src/token/token-request.ts';
import { accepted, failureOf } from './support/result.ts';

const ROOT: Maker = {
  root: true,
  sudo: true,
  fromAbove: false,
  token: undefined,
  foreignToken: undefined,
  expires: false,
  identity: undefined,
  limitedUses: false,
};
/** Somebody with policies a, b and default. */
const HOLDER: Maker = {
  ...ROOT,
  root: false,
  sudo: false,
  token: { id: 7, policies: ['a', 'b', 'default'] },
};
const SUDO: Maker = { ...HOLDER, sudo: true };
const ABOVE: Maker = { ...SUDO, fromAbove: true, token: undefined, foreignToken: '7 ' };

function made(body: Record<string, unknown>, maker = ROOT, orphan = false): CheckedTokenRequest {
  return accepted(checkTokenRequest(body, maker, orphan));
}

function refusalOf(body: Record<string, unknown>, maker = ROOT): string {
  return failureOf(checkTokenRequest(body, maker, false)).message;
}

describe('the policies of a new token', () => {
  it.each<[Record<string, unknown>, Maker, string[]]>([
    [{}, ROOT, ['root']],
    [{}, HOLDER, ['a', 'b', 'default']],
    [{}, SUDO, ['a', 'b', 'default']],
    [{}, ABOVE, ['default']],
    [{ no_default_policy: true }, HOLDER, ['a', 'b']],
    [{ policies: ['a'] }, HOLDER, ['a', 'default']],
    [{ policies: ['a'], no_default_policy: true }, HOLDER, ['a']],
    [{ policies: 'b,a' }, HOLDER, ['a', 'b', 'default']],
    [{ policies: [' A ', 'a', ''] }, HOLDER, ['a', 'default']],
    [{ policies: ['x'] }, ROOT, ['default', 'x']],
    [{ policies: ['x'] }, SUDO, ['default', 'x']],
    [{ policies: ['x'] }, ABOVE, ['default', 'x']],
    [{ policies: ['x', 'root'] }, ROOT, ['root']],
    [{ policies: [] }, HOLDER, ['a', 'b', 'default']],
    [{ policies: '' }, HOLDER, ['a', 'b', 'default']],
    [{ policies: null }, HOLDER, ['a', 'b', 'default']],
  ])('%j', (body, maker, policies) => {
    expect(made(body, maker).request.policies).toEqual(policies);
  });

  it('have no default where the parent has none', () => {
    const maker = { ...HOLDER, token: { id: 7, policies: ['a'] } };
    expect(made({}, maker).request.policies).toEqual(['a']);
    expect(made({ policies: ['a'] }, maker).request.policies).toEqual(['a']);
    expect(refusalOf({ policies: ['default'] }, maker)).toBe(
      'child policies must be subset of parent',
    );
  });

  it.each([
    [{ policies: ['x'] }, HOLDER, 'child policies must be subset of parent'],
    [{ policies: ['a', 'x'] }, HOLDER, 'child policies must be subset of parent'],
    [{ policies: ['root'] }, HOLDER, 'child policies must be subset of parent'],
    [
      { policies: [' ROOT'] },
      SUDO,
      'root tokens may not be created without parent token being root',
    ],
    [
      { policies: ['root'] },
      { ...ABOVE, root: true },
      'root tokens may not be created from a parent namespace',
    ],
    [{ policies: ['a'] }, { ...ABOVE, sudo: false }, 'in a child namespace'],
    [{}, { ...ABOVE, sudo: false }, 'in a child namespace'],
    [{}, { ...HOLDER, limitedUses: true }, 'restricted use token cannot generate child tokens'],
    [{ no_parent: true }, HOLDER, 'root or sudo privileges required to create orphan token'],
    [{ period: '1h' }, HOLDER, 'root or sudo privileges required to create periodic token'],
    [{ id: 'x' }, HOLDER, 'root or sudo privileges required to specify token id'],
    [{ policies: ['a\tb'] }, ROOT, 'control character'],
    [{ policies: ['response-wrapping'] }, ROOT, 'cannot assign policy "response-wrapping"'],
    [{ policies: ['control-group'] }, ROOT, 'cannot assign policy "control-group"'],
    [{ policies: ['a//b'] }, ROOT, 'slash'],
    [{ policies: ['a/'] }, ROOT, 'slash'],
  ])('%j is refused', (body, maker, message) => {
    expect(refusalOf(body, maker)).toContain(message);
  });
});

describe('the parent of a new token', () => {
  it('is that of the request, unless the token is an orphan', () => {
    expect(made({}, HOLDER).request).toMatchObject({ parent: 7, orphan: false });
    expect(made({}, HOLDER, true).request).toMatchObject({ parent: undefined, orphan: true });
    expect(made({ no_parent: true }, SUDO).request).toMatchObject({
      parent: undefined,
      orphan: true,
    });
    expect(made({}, ABOVE).request).toMatchObject({ parent: undefined, foreignParent: '7 ' });
    expect(made({ no_parent: true }, ABOVE).request.foreignParent).toBeUndefined();
    expect(made({}, ABOVE, true).request.foreignParent).toBeUndefined();
  });

  it('passes on who it stands for, but not to an orphan', () => {
    const identity = { entity: { id: 'e', name: 'e', metadata: {}, aliases: {} }, groups: [] };
    const maker = { ...HOLDER, identity };
    expect(made({}, maker).request.identity).toEqual(identity);
    expect(made({}, maker, true).request.identity).toBeUndefined();
  });
});

describe('the life of a new token, in seconds', () => {
  const MAX = MAX_TOKEN_TTL_SECONDS;
  it.each([
    [{}, { ttl: 0, renewable: false }],
    [{ policies: ['a'] }, { ttl: DEFAULT_TOKEN_TTL_SECONDS, renewable: true }],
    [{ ttl: '1h' }, { ttl: 3600 }],
    [{ lease: '1h' }, { ttl: 3600 }],
    [{ ttl: '2h', lease: '1h' }, { ttl: 7200 }],
    [{ ttl: MAX + 1 }, { ttl: MAX }],
    [
      { ttl: 100, explicit_max_ttl: 50 },
      { ttl: 50, explicitMaxTtl: 50 },
    ],
    [
      { ttl: 50, explicit_max_ttl: 100 },
      { ttl: 50, explicitMaxTtl: 100 },
    ],
    [{ explicit_max_ttl: 100 }, { ttl: 100, explicitMaxTtl: 100 }],
    [{ explicit_max_ttl: 2 * MAX }, { ttl: MAX, explicitMaxTtl: 2 * MAX }],
    [{ period: 60 }, { ttl: 60, period: 60 }],
    [
      { period: 60, ttl: 100 },
      { ttl: 60, period: 60 },
    ],
    [
      { period: 60, explicit_max_ttl: 50 },
      { ttl: 50, period: 60 },
    ],
    [{ ttl: '', period: '', explicit_max_ttl: '' }, { ttl: 0 }],
    [
      { ttl: 60, renewable: false },
      { ttl: 60, renewable: false },
    ],
    [{ ttl: 60, renewable: true }, { renewable: true }],
  ])('by %j is %j', (body, request) => {
    expect(made(body).request).toMatchObject(request);
  });

  it('ends where the root token that makes it ends too', () => {
    const expiring = { ...ROOT, expires: true };
    expect(refusalOf({}, expiring)).toBe(
      'expiring root tokens cannot create non-expiring root tokens',
    );
    expect(made({ ttl: '1h' }, expiring).request.ttl).toBe(3600);
    expect(made({ policies: ['a'] }, expiring).request.ttl).toBe(DEFAULT_TOKEN_TTL_SECONDS);
  });

  it('is cut with a word about it', () => {
    expect(made({ ttl: '2h', explicit_max_ttl: '90m' }).warnings).toEqual([
      'TTL of "2h" exceeded the effective max_ttl of "1h30m"; TTL value is capped accordingly',
    ]);
    expect(made({ ttl: '2h' }).warnings).toEqual([]);
    expect(capTtl(59, 30)).toEqual({
      ttl: 30,
      warnings: [
        'TTL of "59s" exceeded the effective max_ttl of "30s"; TTL value is capped accordingly',
      ],
    });
    expect(capTtl(30, 30)).toEqual({ ttl: 30, warnings: [] });
  });
});

describe('the display name of a new token', () => {
  it.each([
    [undefined, 'token'],
    ['', 'token'],
    ['web', 'token-web'],
    ['web app/1', 'token-web-app-1'],
    ['web!!', 'token-web'],
    ['ä€', 'token-'],
  ])('%j is shown as %s', (display_name, shown) => {
    expect(made({ display_name }).request.displayName).toBe(shown);
  });
});

it('policies are in lower case, each once and in order, and root stands alone', () => {
  expect(normalizePolicies(['b', ' A', 'a', '', 'B '], false)).toEqual(['a', 'b']);
  expect(normalizePolicies(['b'], true)).toEqual(['b', 'default']);
  expect(normalizePolicies(['b', 'Root'], true)).toEqual(['root']);
  expect(normalizePolicies([], true)).toEqual(['default']);
});
