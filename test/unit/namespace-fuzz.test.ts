/** Paths of requests and namespaces as strangers send them, against the slow and obvious reading. */
import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { divide, parsePath } from '../../src/http/request/path.ts';
import { MAX_NAMESPACE_CHARACTERS, MAX_NAMESPACE_DEPTH } from '../../src/namespace/limits.ts';
import { parseNamespacePath } from '../../src/namespace/namespace.ts';
import {
  MAX_NAMESPACE_PATTERN_CHARACTERS,
  MAX_NAMESPACE_PATTERNS,
} from '../../src/subscription/limits.ts';
import { namespacePatterns } from '../../src/subscription/namespace-patterns.ts';
import { inCpuTime } from './support/cpu-time.ts';
import { runs } from './support/runs.ts';

const RUNS = runs(100_000);
const MAX_MS = 50;

const segment = fc.oneof(
  fc.constantFrom('sys', 'auth', 'root', 'ns1', 'NS1', 'a~b', '.', '..', '', '*', 'ns*', ' ', '+'),
  fc.constantFrom('%2e%2e', '%2E', '%2F', '%2f..', '%00', '%', '%zz', '%25', '%C3%A9', '\\', '?'),
  fc.string({ maxLength: 6 }),
);
const path = fc
  .array(segment, { maxLength: 12 })
  .chain((segments) => fc.constantFrom(segments.join('/'), `/${segments.join('/')}`));

function inTime<T>(run: () => T): T {
  return inCpuTime(MAX_MS, run);
}

it('a path is folded and decoded once, and refused where two readers could disagree', () => {
  fc.assert(
    fc.property(path, (raw) => {
      const [beforeQuery = ''] = `/v1/${raw}`.split(/[?#]/);
      const result = inTime(() => parsePath(`http://host/v1/${raw}`));
      let decoded: string | undefined;
      try {
        decoded = decodeURIComponent(beforeQuery.replace(/\/+/g, '/'));
      } catch {
        decoded = undefined;
      }
      const isPlain =
        decoded !== undefined &&
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what a path may not have
        !/[\u0000-\u001f\u007f]/.test(decoded) &&
        !decoded.split('/').some((each) => each === '.' || each === '..');
      expect(result.ok).toBe(isPlain);
      if (result.ok) expect(result.value).toBe(decoded);
    }),
    { numRuns: RUNS },
  );
});

it('a path is divided at its first segment that is a route, and nothing of it is lost', () => {
  fc.assert(
    fc.property(path, (raw) => {
      const whole = `/v1/${raw}`;
      const { namespace, route } = inTime(() => divide(whole));
      const segments = raw.split('/');
      const first = segments.findIndex((each) => each === 'sys' || each === 'auth');
      expect(namespace).toBe(first === -1 ? '' : segments.slice(0, first).join('/'));
      expect(route).toBe(first === -1 ? whole : `/v1/${segments.slice(first).join('/')}`);
    }),
    { numRuns: RUNS },
  );
});

it('the path of a namespace is its names with slashes between, or none', () => {
  fc.assert(
    fc.property(path, (text) => {
      const names = text.replace(/^\/+|\/+$/g, '').split('/');
      const isRoot = names.join('/') === '' || names.join('/') === 'root';
      const isPath =
        names.length <= MAX_NAMESPACE_DEPTH &&
        names.every(
          (name) =>
            /^[A-Za-z0-9_][A-Za-z0-9_.~-]*$/.test(name) &&
            name.length <= MAX_NAMESPACE_CHARACTERS &&
            !['root', 'sys', 'audit', 'auth', 'cubbyhole', 'identity'].includes(name),
        );
      expect(inTime(() => parseNamespacePath(text))).toBe(
        isRoot ? '' : isPath ? names.join('/') : undefined,
      );
    }),
    { numRuns: RUNS },
  );
});

it('the patterns of a subscription are joined as Go joins paths, and never lead out', () => {
  const request = fc.constantFrom('', 'ns1', 'ns1/ns2');
  fc.assert(
    fc.property(request, fc.array(path, { maxLength: 5 }), (namespace, values) => {
      const wanted = values.filter((value) => value.trim().replaceAll('/', '') !== '');
      const joined = wanted.map((value) => posix.join(namespace, value).replace(/(.)\/$/, '$1'));
      const leadsOut = joined.some(
        (each) =>
          each.startsWith('..') ||
          (namespace !== '' && each !== namespace && !each.startsWith(`${namespace}/`)),
      );
      const result = inTime(() => namespacePatterns(namespace, values));
      expect(result.ok).toBe(!leadsOut);
      if (!result.ok) return;
      const clean = joined.map((each) => (each === '.' ? '' : each));
      expect(result.value).toEqual([...new Set([namespace, ...clean])]);
    }),
    { numRuns: RUNS },
  );
});

it('patterns are bounded in number and length', () => {
  const many = Array.from({ length: MAX_NAMESPACE_PATTERNS }, (_, index) => `ns${index}`);
  expect(namespacePatterns('', many).ok).toBe(true);
  expect(namespacePatterns('', [...many, 'one-more']).ok).toBe(false);
  expect(namespacePatterns('', ['n'.repeat(MAX_NAMESPACE_PATTERN_CHARACTERS)]).ok).toBe(true);
  expect(namespacePatterns('', ['n'.repeat(MAX_NAMESPACE_PATTERN_CHARACTERS + 1)]).ok).toBe(false);
});
