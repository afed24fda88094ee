/** What Vault's own tests of its ACLs expect, as tables. */
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/policy/acl.ts';
import { aclOf, granting } from './support/policies.ts';

const shorthand = (path: string, word: string, more = '') =>
  `path "${path}" {\n  policy = "${word}"\n  ${more}\n}\n`;

const SINGLE = `${shorthand('dev/*', 'sudo')}
${shorthand('stage/*', 'write')}
${shorthand('stage/aws/*', 'read', 'capabilities = ["update", "sudo"]')}
${shorthand('stage/aws/policy/*', 'sudo')}
${shorthand('prod/*', 'read')}
${shorthand('prod/aws/*', 'deny')}
${shorthand('sys/*', 'deny')}
${granting({
  'foo/bar': 'read create sudo',
  'baz/quux': 'read create patch',
  'test/+/segment': 'read',
  '+/segment/at/front': 'read',
  'test/segment/at/end/+': 'read',
  'test/segment/at/end/v2/+/': 'read',
  'test/+/wildcard/+/*': 'read',
  'test/+/wildcardglob/+/end*': 'read',
  '1/2/*': 'create',
  '1/2/+': 'read',
  '1/2/+/+': 'update recover',
})}`;

const OVER_IT = `${shorthand('dev/hide/*', 'deny')}
${shorthand('stage/aws/policy/*', 'deny', 'capabilities = ["read", "update", "sudo"]')}
${shorthand('prod/*', 'write')}
${shorthand('sys/seal', 'sudo')}
${granting({ 'foo/bar': 'deny', 'baz/quux': 'deny' })}`;

type Row = [Operation, path: string, allowed: boolean, sudo: boolean];

describe('the ACL of one policy', () => {
  const acl = aclOf([SINGLE]);

  it.each<Row>([
    ['read', 'root', false, false],
    ['read', 'sys/mount/foo', false, false],
    ['read', 'dev/foo', true, true],
    ['update', 'dev/foo', true, true],
    ['delete', 'stage/foo', true, false],
    ['list', 'stage/aws/foo', true, true],
    ['update', 'stage/aws/foo', true, true],
    ['update', 'stage/aws/policy/foo', true, true],
    ['delete', 'prod/foo', false, false],
    ['update', 'prod/foo', false, false],
    ['read', 'prod/foo', true, false],
    ['list', 'prod/foo', true, false],
    ['read', 'prod/aws/foo', false, false],
    ['read', 'foo/bar', true, true],
    ['list', 'foo/bar', false, true],
    ['update', 'foo/bar', false, true],
    ['create', 'foo/bar', true, true],
    ['read', 'baz/quux', true, false],
    ['create', 'baz/quux', true, false],
    ['patch', 'baz/quux', true, false],
    ['list', 'baz/quux', false, false],
    ['update', 'baz/quux', false, false],
    ['read', 'test/foo/bar/segment', false, false],
    ['read', 'test/foo/segment', true, false],
    ['read', 'test/bar/segment', true, false],
    ['read', 'test/segment/at/frond', false, false],
    ['read', 'test/segment/at/front', true, false],
    ['read', 'test/segment/at/end/foo', true, false],
    ['read', 'test/segment/at/end/foo/', false, false],
    ['read', 'test/segment/at/end/v2/foo/', true, false],
    ['read', 'test/segment/wildcard/at/foo/', true, false],
    ['read', 'test/segment/wildcard/at/end', true, false],
    ['read', 'test/segment/wildcard/at/end/', true, false],
    ['read', '1/2/3/4', false, false],
    ['read', '1/2/3', true, false],
    ['update', '1/2/3', false, false],
    ['update', '1/2/3/4', true, false],
    ['create', '1/2/3/4/5', true, false],
    ['recover', '1/2/3/4', true, false],
  ])('%s on %s is allowed: %s, sudo: %s', (operation, path, allowed, sudo) => {
    expect(acl.allows({ operation, path })).toBe(allowed);
    expect(acl.hasSudo(path, 'update')).toBe(sudo);
  });
});

describe.each([
  ['below', [SINGLE, OVER_IT]],
  ['above', [OVER_IT, SINGLE]],
])('the ACL of two policies, the other one %s', (_, texts) => {
  const acl = aclOf(texts);

  it.each<Row>([
    ['read', 'root', false, false],
    ['read', 'dev/foo', true, true],
    ['update', 'dev/foo', true, true],
    ['read', 'dev/hide/foo', false, false],
    ['update', 'dev/hide/foo', false, false],
    ['delete', 'stage/foo', true, false],
    ['list', 'stage/aws/foo', true, true],
    ['update', 'stage/aws/foo', true, true],
    ['update', 'stage/aws/policy/foo', false, false],
    ['delete', 'prod/foo', true, false],
    ['update', 'prod/foo', true, false],
    ['read', 'prod/foo', true, false],
    ['list', 'prod/foo', true, false],
    ['read', 'prod/aws/foo', false, false],
    ['read', 'sys/status', false, false],
    ['update', 'sys/seal', true, true],
    ['read', 'foo/bar', false, false],
    ['list', 'foo/bar', false, false],
    ['update', 'foo/bar', false, false],
    ['create', 'foo/bar', false, false],
    ['read', 'baz/quux', false, false],
    ['list', 'baz/quux', false, false],
    ['patch', 'baz/quux', false, false],
  ])('%s on %s is allowed: %s, sudo: %s', (operation, path, allowed, sudo) => {
    expect(acl.allows({ operation, path })).toBe(allowed);
    expect(acl.hasSudo(path, 'update')).toBe(sudo);
  });
});

describe('parameters and wrapping', () => {
  const acl = aclOf([
    shorthand('dev/*', 'write', 'allowed_parameters = { "zip" = [] }') +
      shorthand(
        'foo/bar',
        'write',
        'denied_parameters = { "zap" = [] }\n min_wrapping_ttl = 300\n max_wrapping_ttl = 400',
      ) +
      shorthand(
        'foo/baz',
        'write',
        'allowed_parameters = { hello = [] }\n denied_parameters = { zap = [] }\n min_wrapping_ttl = 300',
      ) +
      shorthand('working/phone', 'write', 'max_wrapping_ttl = 400') +
      shorthand(
        'broken/phone',
        'write',
        'allowed_parameters = { steve = [] }\n denied_parameters = { steve = [] }',
      ) +
      shorthand(
        'hello/world',
        'write',
        'allowed_parameters = { "*" = [] }\n denied_parameters = { "*" = [] }',
      ) +
      shorthand(
        'tree/fort',
        'write',
        'allowed_parameters = { "*" = [] }\n denied_parameters = { foo = [] }',
      ) +
      shorthand(
        'fruit/apple',
        'write',
        'allowed_parameters = { pear = [] }\n denied_parameters = { "*" = [] }',
      ) +
      shorthand('cold/weather', 'write', 'allowed_parameters = {}\n denied_parameters = {}') +
      shorthand(
        'var/aws',
        'write',
        'allowed_parameters = { "*" = [] }\n denied_parameters = { soft = [], warm = [], kitty = [] }',
      ) +
      shorthand('var/req', 'write', 'required_parameters = ["foo"]'),
  ]);

  it.each<[path: string, wrapTtl: number | undefined, parameters: string, allowed: boolean]>([
    ['dev/ops', undefined, 'zip', true],
    ['foo/bar', undefined, 'zap', false],
    ['foo/bar', undefined, 'zip', false],
    ['foo/bar', 50, 'zip', false],
    ['foo/bar', 450, 'zip', false],
    ['foo/bar', 350, 'zip', true],
    ['foo/baz', undefined, 'hello', false],
    ['foo/baz', 50, 'hello', false],
    ['foo/baz', 450, 'hello', true],
    ['foo/baz', undefined, 'zap', false],
    ['broken/phone', undefined, 'steve', false],
    ['working/phone', undefined, '', false],
    ['working/phone', 450, '', false],
    ['working/phone', 350, '', true],
    ['hello/world', undefined, 'one', false],
    ['tree/fort', undefined, 'one', true],
    ['tree/fort', undefined, 'foo', false],
    ['fruit/apple', undefined, 'pear', false],
    ['fruit/apple', undefined, 'one', false],
    ['cold/weather', undefined, 'four', true],
    ['var/aws', undefined, 'cold warm kitty', false],
    ['var/req', undefined, 'cold warm kitty', false],
    ['var/req', undefined, 'cold warm kitty foo', true],
  ])('on %s, wrapped for %s, %s: %s', (path, wrapTtl, parameters, allowed) => {
    const data = Object.fromEntries(parameters.split(' ').map((name) => [name, '']));
    for (const operation of ['create', 'update'] as const) {
      const request = { operation, path, data, ...(wrapTtl !== undefined && { wrapTtl }) };
      expect(acl.allows(request)).toBe(allowed);
    }
  });
});

describe('the values of parameters', () => {
  const acl = aclOf([
    shorthand('dev/*', 'write', 'allowed_parameters = { allow = ["good"] }') +
      shorthand('foo/bar', 'write', 'denied_parameters = { deny = ["bad*"] }') +
      shorthand(
        'foo/baz',
        'write',
        'allowed_parameters = { ALLOW = ["good"] }\n denied_parameters = { dEny = ["bad"] }',
      ) +
      shorthand(
        'fizz/buzz',
        'write',
        `allowed_parameters = { allow_multi = ["good", "good1", "good2", "*good3"], allow = ["good"] }
         denied_parameters = { deny_multi = ["bad", "bad1", "bad2"] }`,
      ) +
      shorthand(
        'test/types',
        'write',
        'allowed_parameters = { map = [{ good = "one" }], int = [1, 2], bool = [false] }',
      ) +
      shorthand('test/star', 'write', 'allowed_parameters = { "*" = [], foo = [], bar = [false] }'),
  ]);

  it.each<[path: string, data: Readonly<Record<string, unknown>>, allowed: boolean]>([
    ['dev/ops', { allow: 'good' }, true],
    ['dev/ops', { allow: 'bad' }, false],
    ['foo/bar', { deny: 'bad' }, false],
    ['foo/bar', { deny: 'bad glob' }, false],
    ['foo/bar', { deny: 'good' }, true],
    ['foo/bar', { allow: 'good' }, true],
    ['foo/bar', { deny: null }, true],
    ['foo/bar', { allow: null }, true],
    ['foo/baz', { aLLow: 'good' }, true],
    ['foo/baz', { deny: 'bad' }, false],
    ['foo/baz', { deny: 'good' }, false],
    ['foo/baz', { allow: 'good', deny: 'bad' }, false],
    ['foo/baz', { deNy: 'bad', allow: 'good' }, false],
    ['foo/baz', { aLLow: 'bad' }, false],
    ['foo/baz', { Neither: 'bad' }, false],
    ['foo/baz', { allow: null }, false],
    ['fizz/buzz', { allow_multi: 'good' }, true],
    ['fizz/buzz', { allow_multi: 'good1' }, true],
    ['fizz/buzz', { allow_multi: 'good2' }, true],
    ['fizz/buzz', { allow_multi: 'glob good2' }, false],
    ['fizz/buzz', { allow_multi: 'glob good3' }, true],
    ['fizz/buzz', { allow_multi: 'bad' }, false],
    ['fizz/buzz', { allow_multi: 'good1', allow: 'good' }, true],
    ['fizz/buzz', { deny_multi: 'bad2' }, false],
    ['fizz/buzz', { deny_multi: 'good', allow_multi: 'good2' }, false],
    ['test/types', { map: { good: 'one' } }, true],
    ['test/types', { map: { bad: 'one' } }, false],
    ['test/types', { int: 1 }, true],
    ['test/types', { int: 3 }, false],
    ['test/types', { bool: false }, true],
    ['test/types', { bool: true }, false],
    ['test/star', { anything: true }, true],
    ['test/star', { foo: true }, true],
    ['test/star', { bar: false }, true],
    ['test/star', { bar: true }, false],
  ])('on %s %j: %s', (path, data, allowed) => {
    for (const operation of ['create', 'update'] as const) {
      expect(acl.allows({ operation, path, data })).toBe(allowed);
    }
  });
});
