import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../src/destination/answer.ts';
import { retryAfterMs } from '../../src/lib/retry-after.ts';

const NOW = Date.parse('2026-12-01T12:00:00Z');

function outcome(status: number, headers: Record<string, string> = {}, body = 'text') {
  return outcomeOf({ status, headers: new Headers(headers), body: Buffer.from(body) }, NOW);
}

describe('the answer of a receiver', () => {
  it.each([200, 201, 202, 204, 299])('%s: the batch is delivered', (status) => {
    expect(outcome(status)).toEqual({ result: 'delivered', status, answer: 'text' });
  });

  it.each([
    [410, 'gone'],
    [413, 'too_large'],
    [400, 'failed'],
    [401, 'failed'],
    [404, 'failed'],
    [409, 'failed'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
    [599, 'failed'],
  ])('%s: %s', (status, result) => {
    expect(outcome(status)).toMatchObject({ result, status });
  });

  it.each([
    ['https://user:pw@other.example.com/secret?token=x', 'redirects to the host other.example.com'],
    ['/elsewhere', 'redirects to another path'],
    [undefined, 'redirects, and redirects are not followed'],
  ])('redirects to %s: it failed, and only the host is named', (location, says) => {
    const { result, answer } = outcome(307, location === undefined ? {} : { Location: location });
    expect(result).toBe('failed');
    expect(answer).toContain(says);
    expect(answer).not.toMatch(/secret|token|pw/);
  });

  it('asks to wait with Retry-After, also with a status other than 429', () => {
    expect(outcome(503, { 'Retry-After': '7' })).toMatchObject({ retryAfterMs: 7000 });
    expect(outcome(500)).toMatchObject({ retryAfterMs: undefined });
    expect(outcome(200, { 'Retry-After': '7' })).not.toHaveProperty('retryAfterMs');
  });

  it('is shown as one line without control characters, and cut between characters', () => {
    expect(outcome(500, {}, ' a\r\n\u001b[31m\tb\u0000 ').answer).toBe('a [31m b');
    expect(outcome(500, {}, '🎉'.repeat(300)).answer).toBe('🎉'.repeat(256));
    expect(
      outcomeOf({ status: 500, headers: new Headers(), body: new Uint8Array([0xff]) }, NOW),
    ).toMatchObject({ answer: '\ufffd' });
  });
});

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5000],
    ['999999999', 999_999_999_000],
    ['Tue, 01 Dec 2026 12:01:00 GMT', 60_000],
    ['Tue, 01 Dec 2026 11:00:00 GMT', 0],
  ])('of %j is %s ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });

  it.each([
    null,
    '',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    '1, 2',
    '10000000000',
    'tomorrow',
    '2026-12-01T12:01:00Z',
    'Tue, 01 Dec 2026 12:01:00 +0200',
    'Tue, 99 Foo 2026 12:01:00 GMT',
  ])('of %j is none', (header) => {
    expect(retryAfterMs(header, NOW)).toBeUndefined();
  });
});
