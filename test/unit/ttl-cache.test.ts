import { expect, it } from 'vitest';
import { TtlCache } from '../../src/lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../src/lib/limits.ts';

it('a value is remembered for so long and no longer', () => {
  const cache = new TtlCache<string>(1000);
  cache.set('a', 'value', 5000);
  expect([cache.get('a', 5000), cache.get('a', 5999), cache.get('a', 6000)]).toEqual([
    'value',
    'value',
    undefined,
  ]);
  expect(cache.get('b', 5000)).toBeUndefined();
});

it('looking at a value does not make it live longer', () => {
  const cache = new TtlCache<string>(1000);
  cache.set('a', 'value', 0);
  for (let now = 0; now < 1000; now += 100) expect(cache.get('a', now)).toBe('value');
  expect(cache.get('a', 1000)).toBeUndefined();
});

it('the last value counts, and its age', () => {
  const cache = new TtlCache<string>(1000);
  cache.set('a', 'first', 0);
  cache.set('a', 'second', 900);
  expect(cache.get('a', 1800)).toBe('second');
});

it('what is deleted is not remembered', () => {
  const cache = new TtlCache<string>(1000);
  cache.set('a', 'value', 0);
  cache.delete('a');
  cache.delete('b');
  expect(cache.get('a', 0)).toBeUndefined();
});

it('no more values are remembered than there is room for', () => {
  const cache = new TtlCache<number>(1000);
  for (let i = 0; i <= MAX_CACHED_LOOKUPS; i++) cache.set(`key ${i}`, i, 0);
  const known = Array.from({ length: MAX_CACHED_LOOKUPS + 1 }, (_, i) => cache.get(`key ${i}`, 0));
  expect(known.filter((value) => value !== undefined)).toHaveLength(MAX_CACHED_LOOKUPS);
  expect(known.at(-1)).toBe(MAX_CACHED_LOOKUPS);
});

it('writing the same key again and again takes the place of one', () => {
  const cache = new TtlCache<number>(1000);
  cache.set('kept', 0, 0);
  for (let i = 0; i < 2 * MAX_CACHED_LOOKUPS; i++) cache.set('same', i, 0);
  expect(cache.get('kept', 0)).toBe(0);
});

it('takes no value that was asked for before the cache was cleared', () => {
  const cache = new TtlCache<string>(1000);
  const { generation } = cache;
  cache.clear();
  cache.set('key', 'old', 0, generation);
  expect(cache.get('key', 0)).toBeUndefined();
  cache.set('key', 'new', 0, cache.generation);
  expect(cache.get('key', 0)).toBe('new');
});

it('has no value for whoever needs a newer one, and keeps it for others', () => {
  const cache = new TtlCache<string>(1000);
  cache.set('key', 'value', 10);
  expect(cache.get('key', 20, 11)).toBeUndefined();
  expect(cache.get('key', 20, 10)).toBe('value');
});
