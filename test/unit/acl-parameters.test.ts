import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/policy/acl.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import { aclOf, blockOf } from './support/policies.ts';

const WRITES = 'create read update delete list patch recover';

/** Whether a request with these members is allowed by blocks with these constraints. */
function allows(
  constraints: readonly string[],
  data: Readonly<Record<string, unknown>>,
  operation: Operation = 'update',
): boolean {
  const acl = aclOf(constraints.map((more) => blockOf('a', WRITES, more)));
  return acl.allows({ operation, path: 'a', data });
}

describe('allowed parameters', () => {
  const some = 'allowed_parameters = { foo = [], "Bar" = ["zip", "za*", 5, true, ["a", "b"]] }';

  it.each([
    [{}, true],
    [{ foo: 'anything' }, true],
    [{ FOO: null }, true],
    [{ other: 1 }, false],
    [{ foo: 1, other: 1 }, false],
    [{ bar: 'zip' }, true],
    [{ BAR: 'zap' }, true],
    [{ bar: 'ZIP' }, false],
    [{ bar: 5 }, true],
    [{ bar: '5' }, false],
    [{ bar: 6 }, false],
    [{ bar: true }, true],
    [{ bar: false }, false],
    [{ bar: null }, false],
    [{ bar: ['zip', 'zap', 5] }, true],
    [{ bar: ['zip', 'fly'] }, false],
    [{ bar: ['a', 'b'] }, true],
    [{ bar: ['b', 'a'] }, false],
    [{ bar: 'zip, zap' }, true],
    [{ bar: 'zip,fly' }, false],
    [{ bar: ['zip,zap'] }, false],
    [{ bar: [] }, true],
    [{ bar: '' }, true],
    [{ bar: { zip: 1 } }, false],
  ])('of %j: %s', (data, allowed) => {
    expect(allows([some], data)).toBe(allowed);
  });

  it('may be all but some that are named', () => {
    const all = 'allowed_parameters = { "*" = [], foo = ["a"] }';
    expect(allows([all], { other: 1, foo: 'a' })).toBe(true);
    expect(allows([all], { foo: 'b' })).toBe(false);
  });

  it('may be objects', () => {
    const objects = 'allowed_parameters = { foo = [{ a = 1, b = "c" }] }';
    expect(allows([objects], { foo: { b: 'c', a: 1 } })).toBe(true);
    expect(allows([objects], { foo: { a: 1 } })).toBe(false);
    expect(allows([objects], { foo: { a: 1, b: 'c', d: 1 } })).toBe(false);
    expect(allows([objects], { foo: { a: 1, d: 'c' } })).toBe(false);
  });

  it('are any where none is named', () => {
    expect(allows(['allowed_parameters = {}'], { a: 1 })).toBe(true);
  });
});

describe('denied parameters', () => {
  const some = 'denied_parameters = { foo = [], BAR = ["root*", "*x", 5] }';

  it.each([
    [{}, true],
    [{ other: 1 }, true],
    [{ foo: '' }, false],
    [{ Foo: null }, false],
    [{ bar: 'user' }, true],
    [{ bar: 'rooted' }, false],
    [{ bar: 'ax' }, false],
    [{ bar: 5 }, false],
    [{ bar: ['user', 'root'] }, false],
    [{ bar: 'user, root' }, false],
    [{ bar: ['user,root'] }, true],
    [{ bar: null }, true],
  ])('of %j: allowed %s', (data, allowed) => {
    expect(allows([some], data)).toBe(allowed);
  });

  it('win over allowed ones', () => {
    const both = 'allowed_parameters = { foo = [] }, denied_parameters = { foo = ["b"] }';
    expect(allows([both], { foo: 'a' })).toBe(true);
    expect(allows([both], { foo: 'b' })).toBe(false);
  });

  it('may be all, but a request without any is allowed', () => {
    expect(allows(['denied_parameters = { "*" = [] }'], { a: 1 })).toBe(false);
    expect(allows(['denied_parameters = { "*" = [] }'], {})).toBe(true);
  });

  it.each(['policies', 'token_policies'])('compare the names in %s in lower case', (name) => {
    const denied = `denied_parameters = { ${name} = ["admin"] }`;
    for (const value of ['admin', 'ADMIN', ['Admin'], 'a,ADMIN']) {
      expect(allows([denied], { [name.toUpperCase()]: value })).toBe(false);
    }
    expect(allows([denied], { [name]: 5 })).toBe(true);
  });
});

describe('a value with a * at an end', () => {
  it.each([
    ['a*', 'ab', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['*a*', 'bab', true],
    ['*a*', 'b', false],
    ['a*b', 'axb', false],
    ['a*b', 'a*b', true],
    ['*', 'b', false],
    ['*', '*', true],
    ['**', 'b', true],
    ['', 'b', false],
  ])('%s allows %s: %s', (pattern, value, allowed) => {
    expect(allows([`allowed_parameters = { a = ["${pattern}"] }`], { a: value })).toBe(allowed);
  });
});

describe('required parameters', () => {
  it('must all be there', () => {
    const required = 'required_parameters = ["Foo", "bar"]';
    expect(allows([required], { foo: '', bar: null })).toBe(true);
    expect(allows([required], { foo: '' })).toBe(false);
    expect(allows([required], {})).toBe(false);
    expect(allows(['required_parameters = ["constructor"]'], {})).toBe(false);
  });
});

describe('the constraints of several blocks of a path', () => {
  it('allow what each of them allows, and anything where one does', () => {
    const blocks = [
      'allowed_parameters = { a = ["x"], b = ["x"] }',
      'allowed_parameters = { a = ["y"], b = [] }',
    ];
    for (const each of [blocks, blocks.toReversed()]) {
      expect(allows(each, { a: 'x', b: 'z' })).toBe(true);
      expect(allows(each, { a: 'y' })).toBe(true);
      expect(allows(each, { a: 'z' })).toBe(false);
    }
  });

  it('are those of one where the others have none', () => {
    expect(allows(['', 'allowed_parameters = { a = [] }'], { b: 1 })).toBe(false);
  });

  it('deny and require what each of them does', () => {
    const blocks = [
      'denied_parameters = { a = ["x"] }',
      'denied_parameters = { a = ["y"] }',
      'required_parameters = ["a"]',
    ];
    expect(allows(blocks, { a: 'z' })).toBe(true);
    expect(allows(blocks, { a: 'x' })).toBe(false);
    expect(allows(blocks, { a: 'y' })).toBe(false);
    expect(allows(blocks, { b: 1 })).toBe(false);
  });
});

it('an element that is denied with a blank before it is denied as it is written', () => {
  const blocks = ['denied_parameters = { a = [" x", "y"] }'];
  expect(allows(blocks, { a: [' x'] })).toBe(false);
  expect(allows(blocks, { a: [' y'] })).toBe(false);
  expect(allows(blocks, { a: ['x'] })).toBe(true);
});

describe('parameters that a block names several times', () => {
  it('have the values of all of them', () => {
    const denied = 'denied_parameters { a = ["x"] }\n denied_parameters { a = ["y"], b = [] }';
    expect(['x', 'y', 'z'].filter((a) => allows([denied], { a }))).toEqual(['z']);
    const allowed =
      'allowed_parameters { a = ["x"] }\n allowed_parameters { a = ["y"] }\n allowed_parameters { a = [] }';
    expect(['x', 'y', 'z'].filter((a) => allows([allowed], { a }))).toEqual(['x', 'y']);
  });
});

describe('parameters that a block names in upper and lower case', () => {
  it.each(['allowed_parameters', 'denied_parameters'])('are refused in %s', (name) => {
    const policy = parsePolicy(`path "a" {\n  ${name} = {\n    a = []\n    A = ["x"]\n  }\n}`);
    expect(policy).toMatchObject({
      ok: false,
      failure: {
        message: `failed to parse policy: path "a": "${name}" has "a" and "A", which are one parameter on line 4, column 5`,
      },
    });
  });
});

describe('parameters', () => {
  const denied = 'denied_parameters = { "*" = [] }';

  it.each(['read', 'update', 'create', 'patch', 'recover'] as const)(
    'count for %s',
    (operation) => {
      expect(allows([denied], { a: 1 }, operation)).toBe(false);
    },
  );

  it.each(['list', 'delete'] as const)('do not count for %s', (operation) => {
    expect(allows([denied], { a: 1 }, operation)).toBe(true);
  });
});

describe('a wrapped answer', () => {
  const bounds = (...texts: string[]) =>
    aclOf(texts.map((more) => blockOf('a', 'read list', more)));

  it.each([
    ['min_wrapping_ttl = "1m"', [undefined, 59], [60, 10_000]],
    ['max_wrapping_ttl = 60', [undefined, 61], [60, 0]],
    ['min_wrapping_ttl = 5, max_wrapping_ttl = "5s"', [undefined, 4, 6], [5]],
    ['min_wrapping_ttl = 0', [], [undefined, 0, 1]],
    ['max_wrapping_ttl = "-5s"', [], [undefined, 0, 1]],
  ])('of %s seconds cannot be %j and can be %j', (text, refused, allowed) => {
    const acl = bounds(text);
    const asked = (wrapTtl: number | undefined) =>
      acl.allows({ operation: 'read', path: 'a', ...(wrapTtl !== undefined && { wrapTtl }) });
    expect(refused.filter(asked)).toEqual([]);
    expect(allowed.filter(asked)).toEqual(allowed);
  });

  it('is bounded by the smaller bound of several blocks, which may leave nothing', () => {
    const acl = bounds(
      'min_wrapping_ttl = 50, max_wrapping_ttl = 300',
      'min_wrapping_ttl = 100',
      'max_wrapping_ttl = 200',
    );
    const asked = (wrapTtl: number) => acl.allows({ operation: 'list', path: 'a', wrapTtl });
    expect([49, 50, 200, 201].map(asked)).toEqual([false, true, true, false]);
    const negative = bounds('min_wrapping_ttl = "-5s"', 'min_wrapping_ttl = 100');
    expect(negative.allows({ operation: 'read', path: 'a', wrapTtl: 50 })).toBe(false);
    const none = bounds('min_wrapping_ttl = 100', 'max_wrapping_ttl = 50');
    expect(
      [50, 75, 100].map((wrapTtl) => none.allows({ operation: 'read', path: 'a', wrapTtl })),
    ).toEqual([false, false, false]);
  });
});
