import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, parseSignedDuration } from '../../src/lib/duration.ts';
import { MAX_DURATION_SECONDS } from '../../src/lib/limits.ts';
import { accepted, failureOf } from './support/result.ts';

describe('a duration', () => {
  it.each([
    [0, 0],
    [90, 90],
    ['', 0],
    ['90', 90],
    [' 90 ', 90],
    ['+5', 5],
    ['90s', 90],
    ['1h30m', 5400],
    ['1h30m10.5s', 5410],
    ['1.5h', 5400],
    ['.5m', 30],
    ['2.m', 120],
    ['0.29h', 1044],
    ['2.05m', 123],
    ['500ms', 1],
    ['1999ms', 1],
    ['0.9s0.1s', 1],
    ['1000000us', 1],
    ['1000000µs', 1],
    ['1000000μs', 1],
    ['1000000000ns', 1],
    ['-0s', 0],
    ['2d', 172_800],
    ['0d', 0],
    ['768h', 2_764_800],
    [MAX_DURATION_SECONDS, MAX_DURATION_SECONDS],
    [`${MAX_DURATION_SECONDS}s`, MAX_DURATION_SECONDS],
    ['36500d', MAX_DURATION_SECONDS],
  ])('written as %j is %d seconds', (text, seconds) => {
    expect(accepted(parseDuration(text, 'token_ttl'))).toBe(seconds);
  });

  it.each([
    ['h', '"h"'],
    ['1.5', '"1.5"'],
    ['1 h', '"1 h"'],
    ['1h 30m', '"1h 30m"'],
    ['1w', '"1w"'],
    ['1d12h', '"1d12h"'],
    ['1.5d', '"1.5d"'],
    ['1H', '"1H"'],
    ['s1', '"s1"'],
    ['.s', '".s"'],
    ['1..5s', '"1..5s"'],
    ['0x10', '"0x10"'],
    ['1e3', '"1e3"'],
    ['NaN', '"NaN"'],
    ['--5s', '"--5s"'],
    ['-', '"-"'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [true, 'a boolean'],
    [null, 'null'],
    [['90'], 'a list'],
    [{ s: 90 }, 'an object'],
  ])('cannot be written as %j', (value, shown) => {
    expect(failureOf(parseDuration(value, 'token_ttl')).message).toBe(
      `token_ttl must be a duration such as 90, "90s", "1h30m" or "2d", not ${shown}`,
    );
  });

  it.each([MAX_DURATION_SECONDS + 1, '36501d', '876001h', '9'.repeat(400), `${'9'.repeat(400)}h`])(
    'is not without end: %s',
    (value) => {
      expect(failureOf(parseDuration(value, 'token_ttl')).message).toBe(
        `token_ttl must be at most ${MAX_DURATION_SECONDS} seconds`,
      );
      expect(failureOf(parseDuration(`-${value}`, 'token_ttl')).message).toContain('at most');
    },
  );

  it('is not negative, except where that means something', () => {
    for (const value of [-1, '-1', '-1s', '-1000ms']) {
      expect(failureOf(parseDuration(value, 'ttl')).message).toBe(
        "ttl: cannot provide negative value '-1'",
      );
      expect(accepted(parseSignedDuration(value, 'clock_skew_leeway'))).toBe(-1);
    }
  });

  it('is the same as its hours, minutes and seconds added up', () => {
    const parts = fc.tuple(fc.nat(99), fc.nat(999), fc.nat(9999), fc.nat(99_999));
    fc.assert(
      fc.property(parts, ([h, m, s, ms]) => {
        expect(accepted(parseDuration(`${h}h${m}m${s}s${ms}ms`, 'ttl'))).toBe(
          h * 3600 + m * 60 + s + Math.floor(ms / 1000),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no longer to refuse, however long the text', () => {
    for (const text of ['1'.repeat(200_000), '1.'.repeat(100_000), `${'1s'.repeat(100_000)}x`]) {
      const start = performance.now();
      expect(parseDuration(text, 'ttl').ok).toBe(false);
      expect(performance.now() - start).toBeLessThan(500);
    }
  });
});
