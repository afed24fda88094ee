import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimestamp, isTimestamp, normalizeTimestamp } from '../../src/event/time.ts';

const YEAR_10000 = Date.UTC(10000, 0, 1);

describe('a timestamp', () => {
  it.each([
    '2026-01-31T23:59:59Z',
    '2023-09-12T15:19:49.394915-07:00',
    '2026-01-31T00:00:00.1Z',
    '2026-01-31T00:00:00.123456789+14:00',
    '2026-01-31T00:00:00-00:00',
    '2024-02-29T00:00:00Z',
    '2000-02-29T00:00:00Z',
    '2026-12-31T23:59:59+23:59',
    '0001-01-01T00:00:00Z',
  ])('may be %s', (text) => {
    expect(isTimestamp(text)).toBe(true);
  });

  it.each([
    ['', 'nothing'],
    ['2026-01-31', 'a day without a time'],
    ['2026-01-31T23:59Z', 'no seconds'],
    ['2026-01-31T23:59:59', 'no zone'],
    ['2026-01-31 23:59:59Z', 'a blank for the T'],
    ['2026-01-31t23:59:59Z', 'a lower-case t, which Go refuses'],
    ['2026-01-31T23:59:59z', 'a lower-case z, which Go refuses'],
    ['2026-01-31T23:59:59.Z', 'a fraction without digits'],
    ['2026-01-31T23:59:59,5Z', 'a comma'],
    ['2026-01-31T23:59:59.1234567890Z', 'finer than nanoseconds'],
    ['2026-01-31T23:59:59+0100', 'a zone without its colon'],
    ['2026-01-31T23:59:59+01', 'a zone without minutes'],
    ['2026-01-31T23:59:59+24:00', 'a zone that does not exist'],
    ['2026-01-31T23:59:59+01:60', 'a zone of sixty minutes'],
    ['2026-01-31T24:00:00Z', 'hour 24'],
    ['2026-01-31T23:60:00Z', 'minute 60'],
    ['2026-01-31T23:59:60Z', 'a leap second, which Go refuses'],
    ['2026-00-10T00:00:00Z', 'month 0'],
    ['2026-13-10T00:00:00Z', 'month 13'],
    ['2026-01-00T00:00:00Z', 'day 0'],
    ['2026-01-32T00:00:00Z', 'January 32'],
    ['2026-04-31T00:00:00Z', 'April 31'],
    ['2026-02-29T00:00:00Z', 'February 29 of a common year'],
    ['1900-02-29T00:00:00Z', 'February 29 of a century'],
    ['12026-01-31T00:00:00Z', 'a year of five digits'],
    ['+2026-01-31T00:00:00Z', 'a signed year'],
    [' 2026-01-31T23:59:59Z', 'a blank before it'],
    ['2026-01-31T23:59:59Z\n', 'a line break behind it'],
    ['２０２６-01-31T23:59:59Z', 'digits that are not ASCII'],
  ])('is not %j: %s', (text) => {
    expect(isTimestamp(text)).toBe(false);
  });

  it('may be any day of the calendar, and none that the calendar lacks', () => {
    const part = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), part(14), part(33), (year, month, day) => {
        const digits = [String(year).padStart(4, '0'), pad(month), pad(day)].join('-');
        const date = new Date(0);
        date.setUTCFullYear(year, month - 1, day);
        const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
        expect(isTimestamp(`${digits}T12:00:00Z`)).toBe(exists);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the time of the server', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1769903999000, '2026-01-31T23:59:59Z'],
    [1769903990000, '2026-01-31T23:59:50Z'],
    [1769903999500, '2026-01-31T23:59:59.5Z'],
    [1769903999050, '2026-01-31T23:59:59.05Z'],
    [1769903999001, '2026-01-31T23:59:59.001Z'],
    [1769904000000, '2026-02-01T00:00:00Z'],
  ])('%d ms is written as Go writes it: %s', (milliseconds, text) => {
    expect(formatTimestamp(milliseconds)).toBe(text);
  });

  it('is written as a timestamp of that very millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: YEAR_10000 - 1 }), (milliseconds) => {
        const text = formatTimestamp(milliseconds);
        expect(isTimestamp(text)).toBe(true);
        expect(Date.parse(text)).toBe(milliseconds);
        expect(text).not.toMatch(/\.Z$|\.\d*0Z$/);
      }),
      { numRuns: 1000 },
    );
  });
});

function pad(number: number): string {
  return String(number).padStart(2, '0');
}

it.each(['2026-01-31T12:00:60Z', '2026-02-30t00:00:00z', '2026-01-31', '2026-01-31T24:00:00Z'])(
  'reads no timestamp of %s',
  (text) => {
    expect(normalizeTimestamp(text)).toBeUndefined();
  },
);
