import { describe, expect, it } from 'vitest';
import { MAX_METADATA_DEPTH } from '../../src/event/limits.ts';
import { checkMetadata, checkMetadataPath } from '../../src/event/metadata.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { nested } from './support/events.ts';
import { accepted, failureOf } from './support/result.ts';

describe('metadata', () => {
  it('is any JSON object, and comes out as it went in', () => {
    const metadata = { path: 'a', n: 1.5, t: true, z: null, list: [1, 'b', { c: [] }], empty: {} };
    expect(accepted(checkMetadata(metadata))).toBe(metadata);
    expect(accepted(checkMetadata({}))).toEqual({});
  });

  it.each([
    [null, 'null'],
    [[], 'a list'],
    ['path=a', 'a string'],
    [7, 'a number'],
    [true, 'a boolean'],
  ])('is not %j', (value, kind) => {
    expect(failureOf(checkMetadata(value))).toEqual({
      reason: 'invalid',
      message: `metadata must be a JSON object, not ${kind}`,
    });
  });

  it('is nested as deep as the limit, and not one level more', () => {
    const deepest = { a: nested(MAX_METADATA_DEPTH - 1, 'innermost') };
    expect(accepted(checkMetadata(deepest))).toBe(deepest);
    expect(failureOf(checkMetadata({ a: nested(MAX_METADATA_DEPTH, 'innermost') }))).toEqual({
      reason: 'invalid',
      message: `metadata is nested deeper than ${MAX_METADATA_DEPTH} levels`,
    });
  });

  it('counts an empty object and an empty list as a level', () => {
    for (const empty of [{}, []]) {
      expect(checkMetadata({ a: nested(MAX_METADATA_DEPTH - 2, empty) }).ok).toBe(true);
      expect(checkMetadata({ a: nested(MAX_METADATA_DEPTH - 1, empty) }).ok).toBe(false);
    }
  });

  it('is refused, not followed to the bottom, where it is nested a hundred thousand levels deep', () => {
    expect(failureOf(checkMetadata({ a: nested(100_000, 0) })).message).toContain('deeper');
  });

  it.each([
    [Number.NaN, 'a number that is none'],
    [Number.POSITIVE_INFINITY, 'infinity, which is what 1e400 parses to'],
    [Number.NEGATIVE_INFINITY, 'minus infinity'],
  ])('holds no %d: %s', (number) => {
    expect(failureOf(checkMetadata({ a: { b: [0, number] } })).message).toBe(
      'metadata.a.b[1] is not a finite number',
    );
  });

  it('has no half of a surrogate pair in a value', () => {
    for (const text of ['\ud800', 'a\udc00', '\udc00\ud800']) {
      expect(failureOf(checkMetadata({ a: [text] })).message).toBe(
        'metadata.a[0] has an unpaired surrogate',
      );
    }
    expect(checkMetadata({ a: '😀' }).ok).toBe(true);
  });

  it('has no half of a surrogate pair in a key', () => {
    expect(failureOf(checkMetadata({ a: { '\ud800': 1 } })).message).toBe(
      'a key in metadata.a has an unpaired surrogate',
    );
  });

  it.each([
    [undefined, 'undefined'],
    [1n, 'bigint'],
    [() => 1, 'function'],
    [Symbol('s'), 'symbol'],
  ])('holds nothing that JSON cannot hold: %s', (value, kind) => {
    expect(failureOf(checkMetadata({ a: value })).message).toMatch(
      new RegExp(`^metadata\\.a is .*${kind}, which JSON cannot hold$`),
    );
  });

  it('says where it is wrong so that a strange key cannot be taken for something else', () => {
    const where = (metadata: JsonObject) => failureOf(checkMetadata(metadata)).message;
    expect(where({ 'a.b': { '': Number.NaN } })).toBe('metadata["a.b"][""] is not a finite number');
    expect(where({ 'line\nbreak': [Number.NaN] })).toBe(
      'metadata["line\\nbreak"][0] is not a finite number',
    );
  });

  it('takes __proto__ for a key like any other', () => {
    const metadata = JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":"c"}');
    const checked = accepted(checkMetadata(metadata));
    expect(Object.keys(checked)).toEqual(['__proto__', 'constructor']);
    expect(({} as JsonObject).polluted).toBeUndefined();

    const wrong = JSON.parse('{"__proto__":{"a":1e400}}');
    expect(failureOf(checkMetadata(wrong)).message).toBe(
      'metadata.__proto__.a is not a finite number',
    );
  });
});

describe('the path that decides who sees an event', () => {
  it.each([
    'secret/data/foo',
    'secret/data/foo/',
    'auth/token/create',
    'a b/ü/😀',
    'a.b/..c/d../...',
    '',
  ])('may be "%s"', (path) => {
    expect(accepted(checkMetadataPath(path))).toBe(path);
  });

  it.each([
    ['secret//foo', 'an empty segment ("//")'],
    ['//secret', 'an empty segment ("//")'],
    ['secret//', 'an empty segment ("//")'],
    ['.', 'a "." segment'],
    ['./secret', 'a "." segment'],
    ['secret/./foo', 'a "." segment'],
    ['secret/.', 'a "." segment'],
    ['..', 'a ".." segment'],
    ['../secret', 'a ".." segment'],
    ['secret/../sys/policies', 'a ".." segment'],
    ['secret/..', 'a ".." segment'],
    ['secret/../', 'a ".." segment'],
    ['secret/foo\0', 'a control character'],
    ['secret/foo\n', 'a control character'],
    ['secret/\tfoo', 'a control character'],
    ['secret/\x1ffoo', 'a control character'],
    ['secret/\x7ffoo', 'a control character'],
  ])('has one spelling: %j is refused for %s', (path, offence) => {
    const failure = failureOf(checkMetadataPath(path));
    expect(failure.reason).toBe('invalid');
    expect(failure.message).toBe(`metadata.path ${JSON.stringify(path)} has ${offence}`);
  });

  it.each([
    [null, 'null'],
    [7, 'a number'],
    [true, 'a boolean'],
    [['secret/foo'], 'a list'],
    [{ secret: 'foo' }, 'an object'],
  ])('is text, not %j', (path, kind) => {
    expect(failureOf(checkMetadataPath(path)).message).toBe(
      `metadata.path must be a string, not ${kind}`,
    );
  });
});
