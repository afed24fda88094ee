import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveSince } from '../../src/cli/events/since.ts';
import { parseSince } from '../../src/subscription/since.ts';
import { accepted, failureOf } from './support/result.ts';

const zone = process.env.TZ;
const NOW = Date.parse('2026-11-22T12:00:00.500Z');

function resolved(text: string, now = NOW): string {
  return accepted(resolveSince(text, now)).since;
}

beforeEach(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

describe('--since', () => {
  it.each([
    ['2h', '2026-11-22T11:00:00+01:00'],
    ['-15m', '2026-11-22T12:45:00+01:00'],
    ['15m ago', '2026-11-22T12:45:00+01:00'],
    ['1h30m', '2026-11-22T11:30:00+01:00'],
    ['1h 30m ago', '2026-11-22T11:30:00+01:00'],
    ['1.5h', '2026-11-22T11:30:00+01:00'],
    ['90s', '2026-11-22T12:58:30+01:00'],
    ['3 days ago', '2026-11-19T13:00:00+01:00'],
    ['1d', '2026-11-21T13:00:00+01:00'],
    ['2 Weeks', '2026-11-08T13:00:00+01:00'],
    ['now', '2026-11-22T13:00:00+01:00'],
    ['today', '2026-11-22T00:00:00+01:00'],
    ['yesterday', '2026-11-21T00:00:00+01:00'],
    ['Yesterday', '2026-11-21T00:00:00+01:00'],
    ['2026-11-22', '2026-11-22T00:00:00+01:00'],
    ['2026-11-22 14:30', '2026-11-22T14:30:00+01:00'],
    ['2026-11-22T14:30', '2026-11-22T14:30:00+01:00'],
    ['2026-07-01 14:30:05', '2026-07-01T14:30:05+02:00'],
  ])('reads %j as %s, by the clock and the zone of this machine', (text, since) => {
    expect(accepted(resolveSince(text, NOW))).toEqual({ since, isComputed: true });
  });

  it('has days of 23 and 25 hours where the clocks change', () => {
    expect(resolved('yesterday', Date.parse('2026-03-30T10:00:00Z'))).toBe(
      '2026-03-29T00:00:00+01:00',
    );
    expect(resolved('today', Date.parse('2026-03-29T10:00:00Z'))).toBe('2026-03-29T00:00:00+01:00');
    expect(resolved('today', Date.parse('2026-10-25T23:30:00Z'))).toBe('2026-10-26T00:00:00+01:00');
  });

  it.each([
    ['UTC', '2026-11-22T10:00:00Z'],
    ['America/St_Johns', '2026-11-22T06:30:00-03:30'],
    ['Asia/Kathmandu', '2026-11-22T15:45:00+05:45'],
  ])('has the offset of %s', (name, since) => {
    process.env.TZ = name;
    expect(resolved('2h')).toBe(since);
  });

  it.each([
    ['earliest', 'earliest'],
    ['EARLIEST', 'earliest'],
    ['2026-11-22T12:00:00Z', '2026-11-22T12:00:00Z'],
    ['2026-11-22t12:00:00.25+01:00', '2026-11-22T12:00:00.25+01:00'],
    ['cc2.AAAA', 'cc2.AAAA'],
    ['baf4aa14-8668-4bec-a6e4-d09f488f59c1', 'baf4aa14-8668-4bec-a6e4-d09f488f59c1'],
    ['evt_1', 'evt_1'],
    ['4d2e91d', '4d2e91d'],
    ['2h-build', '2h-build'],
    ['1309456789012345678', '1309456789012345678'],
    ['1.2.3', '1.2.3'],
    ['soonish', 'soonish'],
  ])('passes %j on as %j', (text, since) => {
    expect(accepted(resolveSince(text, NOW))).toEqual({ since, isComputed: false });
  });

  it.each([
    ...['', ' ', 'latest', 'tomorrow', 'null', 'undefined', 'beginning'],
    ...['+5m', '1mo', '2 years ago', 'PT5M', '5ms', '-.', '-1', '-2.5.1h', '1,5h', '9999999999h'],
    ...['2026-13-01', '2026-11-31', '2026-11-22 25:00', '2026-11-22 12:60', '2026/11/22'],
    ...['2026-11-22T12', '20261122T120000Z', 'Sun, 22 Nov 2026 12:00:00 GMT'],
    ...['yesterday 14:00', 'last monday', 'a while ago', '14:00', '9:30:00'],
    ...['2h30', '1e9h', '1h30m5', '90', '1.5', '20261122', '1764500000', '1764500000000'],
    ...['11/22/2026', '22.11.2026', '2026-1-2', '11/22', '11-22-2026', 'half an hour'],
    ...['NaN', 'Infinity', 'none', '-', '--', 'an id with blanks'],
    ...['an id\n', ' id', 'x'.repeat(300)],
  ])('refuses %j, and says which forms there are', (text) => {
    const { message } = failureOf(resolveSince(text, NOW));
    expect(message).toContain('--since is ');
    expect(message).toContain('"15m ago", today, yesterday, 2026-11-22');
  });

  it('says nothing that the server would not read', () => {
    for (const text of ['2h', 'today', '2026-11-22 14:30', 'earliest', 'evt_1']) {
      accepted(parseSince(resolved(text), 'since', NOW));
    }
  });
});
