/** Times as senders write them. */
import { describe, expect, it } from 'vitest';
import { parseTime } from '../../src/ingest/webhooks/parse-time.ts';

describe('a time', () => {
  it.each([
    ['1700000000', '2023-11-14T22:13:20.000Z'],
    ['1700000000.25', '2023-11-14T22:13:20.250Z'],
    ['1700000000123', '2023-11-14T22:13:20.123Z'],
    ['1700000000123456', '2023-11-14T22:13:20.123Z'],
    ['1700000000123456789', '2023-11-14T22:13:20.123Z'],
    ['0', '1970-01-01T00:00:00.000Z'],
    ['99999999999', '5138-11-16T09:46:39.000Z'],
    ['2023-11-14T22:13:20Z', '2023-11-14T22:13:20.000Z'],
    ['2023-11-14T23:13:20.5+01:00', '2023-11-14T22:13:20.500Z'],
  ])('%s is %s', (text, expected) => {
    expect(new Date(parseTime(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each(
    [
      ['', 'now', '-1', '1e9', ' 1700000000', '1700000000 ', '0x10', '1.', '1'.repeat(21)],
      ['2023-02-30T00:00:00Z', '2023-11-14', '2023-11-14 22:13:20'],
    ].flat(),
  )('%j is none', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});
