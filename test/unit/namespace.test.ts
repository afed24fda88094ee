import { describe, expect, it } from 'vitest';
import { MAX_NAMESPACE_CHARACTERS, MAX_NAMESPACE_DEPTH } from '../../src/namespace/limits.ts';
import {
  ancestorsOf,
  checkNamespaceName,
  checkNamespacePath,
  childKey,
  isWithin,
  namespaceDepth,
  parseNamespacePath,
  pathFrom,
  pathOfKey,
  trimSlashes,
  withSlash,
} from '../../src/namespace/namespace.ts';
import { accepted, failureOf } from './support/result.ts';

describe('the name of a namespace', () => {
  it.each(['team', 'Team-A', '_a', '0', 'a.b~c_d-e', 'x'.repeat(MAX_NAMESPACE_CHARACTERS)])(
    'may be %s',
    (name) => {
      expect(accepted(checkNamespaceName(name))).toBe(name);
    },
  );

  it.each([
    ['', 'has no name'],
    ['a/b', 'create each namespace in its parent'],
    ['x'.repeat(MAX_NAMESPACE_CHARACTERS + 1), `at most ${MAX_NAMESPACE_CHARACTERS}`],
    ['root', 'reserved'],
    ['sys', 'reserved'],
    ['audit', 'reserved'],
    ['auth', 'reserved'],
    ['cubbyhole', 'reserved'],
    ['identity', 'reserved'],
    ['-a', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['.a', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['~a', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['..', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['a b', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['a\n', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['a@b', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['a*', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['a+', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
    ['ä', '; allowed are letters, digits, "_", ".", "~" and "-", and the first is'],
  ])('may not be %j', (name, message) => {
    expect(failureOf(checkNamespaceName(name)).message).toContain(message);
  });
});

describe('the path of a namespace that is to be created', () => {
  it.each([
    ['/team-a/prod/', 'team-a/prod'],
    ['a', 'a'],
  ])('may be %j', (text, path) => {
    expect(accepted(checkNamespacePath(text))).toBe(path);
  });

  it.each([
    ['', 'has no name'],
    ['///', 'has no name'],
    ['a//b', 'the namespace path "a//b" has an empty segment ("//")'],
    ['a/b c', 'the namespace name "b c" has " "'],
    ['a/root', '"root" is a reserved namespace name'],
    [
      Array(MAX_NAMESPACE_DEPTH + 1)
        .fill('a')
        .join('/'),
      `has ${MAX_NAMESPACE_DEPTH + 1} levels, at most ${MAX_NAMESPACE_DEPTH} are allowed`,
    ],
  ])('may not be %j', (text, message) => {
    expect(failureOf(checkNamespacePath(text)).message).toContain(message);
  });
});

describe('the path of a namespace', () => {
  it.each([
    ['', ''],
    ['/', ''],
    ['///', ''],
    ['root', ''],
    ['root/', ''],
    ['/root/', ''],
    ['a', 'a'],
    ['/a', 'a'],
    ['a/', 'a'],
    ['//a/b//', 'a/b'],
    ['A/b', 'A/b'],
  ])('that is written %j is %j', (text, path) => {
    expect(parseNamespacePath(text)).toBe(path);
  });

  it.each([
    'a//b',
    'a/./b',
    'a/../b',
    '..',
    'a/sys',
    'sys/a',
    'root/a',
    'a/root',
    'a b',
    'a@b',
    ' a',
    'a\\b',
  ])('can be no %j', (text) => {
    expect(parseNamespacePath(text)).toBeUndefined();
  });

  it('is as deep as allowed', () => {
    const deepest = Array.from({ length: MAX_NAMESPACE_DEPTH }, () => 'a').join('/');
    expect(parseNamespacePath(deepest)).toBe(deepest);
    expect(parseNamespacePath(`${deepest}/a`)).toBeUndefined();
  });

  it('is read in linear time, however many slashes somebody writes', () => {
    const started = performance.now();
    for (const text of [
      '/'.repeat(1_000_000),
      `a${'/'.repeat(1_000_000)}b`,
      `${'/'.repeat(1_000_000)}a`,
    ]) {
      parseNamespacePath(text);
      trimSlashes(text);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('the key of a namespace', () => {
  const key = childKey(childKey('', 'team', 'x1'), 'prod', 'y2');

  it('has the ids of all namespaces on the way', () => {
    expect(key).toBe('team@x1/prod@y2');
    expect(pathOfKey(key)).toBe('team/prod');
    expect(pathOfKey('')).toBe('');
  });

  it('tells the namespaces above, the nearest first', () => {
    expect(ancestorsOf(key)).toEqual(['team@x1', '']);
    expect(ancestorsOf('team@x1')).toEqual(['']);
    expect(ancestorsOf('')).toEqual([]);
    expect([namespaceDepth(''), namespaceDepth('team@x1'), namespaceDepth(key)]).toEqual([0, 1, 2]);
  });
});

it.each([
  ['team', '', true],
  ['', '', true],
  ['team', 'team', true],
  ['team/prod', 'team', true],
  ['team/prod/eu', 'team', true],
  ['teams', 'team', false],
  ['team-b', 'team', false],
  ['tea', 'team', false],
  ['', 'team', false],
  ['other/team', 'team', false],
  ['Team', 'team', false],
])('%j is within %j: %s', (path, namespace, within) => {
  expect(isWithin(path, namespace)).toBe(within);
});

it.each([
  ['', '', 'secret/a', 'secret/a'],
  ['', 'team', 'secret/a', 'team/secret/a'],
  ['', 'team/prod', 'secret/a', 'team/prod/secret/a'],
  ['team', 'team', 'secret/a', 'secret/a'],
  ['team', 'team/prod', 'secret/a', 'prod/secret/a'],
])('policies of %j count in %j the path %s as %s', (policies, inside, path, counted) => {
  expect(pathFrom(policies, inside, path)).toBe(counted);
});

it('events carry a namespace with a slash at its end, root with nothing', () => {
  expect([withSlash(''), withSlash('team'), withSlash('team/prod')]).toEqual([
    '',
    'team/',
    'team/prod/',
  ]);
});
