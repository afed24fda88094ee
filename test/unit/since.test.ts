import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTimestamp } from '../../src/event/time.ts';
import { parseSince } from '../../src/hub/since.ts';
import { MAX_EVENT_ID_CHARACTERS } from '../../src/limits.ts';
import { encodeCursor } from '../../src/wire/cursor.ts';
import { anyCursor } from './support/cursors.ts';
import { anyText } from './support/events.ts';
import { accepted, failureOf } from './support/result.ts';

describe('where a subscriber begins', () => {
  it.each(['', ' ', '\t\n'])('is now if it says nothing: %j', (text) => {
    expect(accepted(parseSince(text, 'since'))).toBeUndefined();
  });

  it.each(['earliest', ' earliest '])('is the oldest event that is kept: %j', (text) => {
    expect(accepted(parseSince(text, 'since'))).toEqual({ kind: 'earliest' });
  });

  it.each([
    ['2026-11-22T12:00:00Z', '2026-11-22T12:00:00.000Z'],
    ['2026-11-22T12:00:00.25Z', '2026-11-22T12:00:00.250Z'],
    ['2026-11-22T12:00:00.123456789Z', '2026-11-22T12:00:00.123Z'],
    ['2026-11-22T12:00:00+02:00', '2026-11-22T10:00:00.000Z'],
    ['2026-11-22T12:00:00-00:00', '2026-11-22T12:00:00.000Z'],
    ['2026-11-22T12:00:00+23:59', '2026-11-21T12:01:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ])('is the time %s', (text, utc) => {
    expect(accepted(parseSince(text, 'since'))).toEqual({
      kind: 'time',
      at: Date.parse(utc),
      id: text,
    });
  });

  it('is a time wherever an event can have that time', () => {
    const two = fc.nat(99).map((number) => String(number).padStart(2, '0'));
    const zone = fc.oneof(
      fc.constant('Z'),
      fc.tuple(fc.constantFrom('+', '-'), two, two).map(([sign, h, m]) => `${sign}${h}:${m}`),
    );
    const time = fc
      .tuple(two, two, two, two, two, two, two, fc.nat(999_999_999), zone)
      .map(([c, y, mo, d, h, mi, s, ns, z]) => `${c}${y}-${mo}-${d}T${h}:${mi}:${s}.${ns}${z}`);
    const likely = fc
      .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
    fc.assert(
      fc.property(fc.oneof(time, likely), (text) => {
        const since = parseSince(text, 'since');
        const kind = accepted(since)?.kind;
        expect(kind).toBe(isTimestamp(text) ? 'time' : 'event');
        if (since.ok && since.value?.kind === 'time') expect(since.value.at).not.toBeNaN();
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '2026-11-22',
    '2026-11-22T12:00',
    '2026-11-22 12:00:00Z',
    '2026-11-22t12:00:00z',
    '2026-02-30T00:00:00Z',
    '2026-11-22T12:00:00 02:00',
  ])('is an event or a mistake where it is meant as a time and is none: %s', (id) => {
    expect(accepted(parseSince(id, 'since'))).toEqual({
      kind: 'event',
      id,
      mistake: `since is "${id}", which is no RFC 3339 time; write it as 2026-11-22T12:00:00Z`,
    });
  });

  it('is the place that a cursor names', () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        const text = encodeCursor(cursor);
        expect(accepted(parseSince(` ${text} `, 'since'))).toEqual({ kind: 'cursor', cursor });
      }),
    );
  });

  it('is an event or a mistake where it is meant as a cursor and is none', () => {
    expect(accepted(parseSince('cc1.AAAA', 'Last-Event-ID'))).toEqual({
      kind: 'event',
      id: 'cc1.AAAA',
      mistake: 'Last-Event-ID is no cursor that this server made: "cc1.AAAA"',
    });
  });

  it.each([
    'e1',
    '0b1f6f4e-9c0c-4ed5-b1a5-3c2d8f1c0a11',
    '2026-11-22-nightly',
    'Earliest',
    'latest',
    'cc2.AAAA',
    'ü 😀',
  ])('is after the event with the id %s', (id) => {
    expect(accepted(parseSince(id, 'since'))).toEqual({ kind: 'event', id });
  });

  it('is after an event whose id is as long as an id may be, and no longer', () => {
    const longest = 'i'.repeat(MAX_EVENT_ID_CHARACTERS);
    expect(accepted(parseSince(longest, 'since'))).toEqual({ kind: 'event', id: longest });
    expect(failureOf(parseSince(`${longest}i`, 'since')).message).toBe(
      'since has 257 characters, an event id at most 256; give an event id, an RFC 3339 time or "earliest"',
    );
  });

  it.each(['a\u0000b', 'a\nb', 'a\u007fb', 'a\u0085b'])(
    'is no id with a control character: %j',
    (text) => {
      expect(failureOf(parseSince(text, 'since')).message).toBe(
        `since has a control character, which no event id has: ${JSON.stringify(text)}`,
      );
    },
  );

  it('is read from any text, or refused with a sentence', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ maxLength: 400 })), (text) => {
        const since = parseSince(text, 'since');
        if (!since.ok) expect(since.failure.message).toMatch(/^since (has|is) /);
        else if (text.trim() === '') expect(since.value).toBeUndefined();
        else expect(since.value?.kind).toMatch(/^(earliest|time|event|cursor)$/);
      }),
      { numRuns: 2000 },
    );
  });
});
