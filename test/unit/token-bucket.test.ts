import { expect, it } from 'vitest';
import { TokenBucket } from '../../src/lib/token-bucket.ts';

it('gives what comes in a second at once, then refuses until more has come', () => {
  const bucket = new TokenBucket(0, 2);
  const taken = [0, 0, 0, 400, 500, 500].map((now) => bucket.take(1, now, 2));
  expect(taken).toEqual([true, true, false, true, true, false]);
});

it('gives more than there is once, and then nothing until that is paid back', () => {
  const bucket = new TokenBucket(0, 10);
  expect(bucket.take(30, 0, 10)).toBe(true);
  expect(bucket.level(1000, 10)).toBe(-10);
  expect(bucket.take(1, 2000, 10)).toBe(false);
  expect(bucket.take(1, 2001, 10)).toBe(true);
});

it('saves nothing beyond a second, and survives a clock that goes back', () => {
  const bucket = new TokenBucket(0, 10);
  expect(bucket.level(60_000, 10)).toBe(10);
  expect(bucket.take(10, 0, 10)).toBe(true);
  expect(bucket.level(1000, 10)).toBe(10);
});
