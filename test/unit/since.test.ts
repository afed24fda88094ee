import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EVENT_ID_CHARACTERS } from '../../src/event/limits.ts';
import { positionForm } from '../../src/event/position-text.ts';
import { isTimestamp } from '../../src/event/time.ts';
import { parseSince } from '../../src/subscription/since.ts';
import { encodeCursor } from '../../src/wire/cursor.ts';
import { anyCursor, KEY } from './support/cursors.ts';
import { anyText } from './support/events.ts';
import { accepted, failureOf } from './support/result.ts';

const NOW = Date.parse('2026-11-22T12:00:00.500Z');

function parsedSince(text: string) {
  return parseSince(text, 'since', NOW);
}

describe('where a subscriber begins', () => {
  it.each(['', ' ', '\t\n'])('is now if it says nothing: %j', (text) => {
    expect(accepted(parsedSince(text))).toBeUndefined();
  });

  it.each(['earliest', ' earliest '])('is the oldest event that is kept: %j', (text) => {
    expect(accepted(parsedSince(text))).toEqual({ kind: 'earliest' });
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
    expect(accepted(parsedSince(text))).toEqual({
      kind: 'time',
      at: Date.parse(utc),
      text,
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
        const since = parsedSince(text);
        expect(since.ok).toBe(isTimestamp(text));
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
    '20261129T220000Z',
    '2026/11/29',
    'Sun, 29 Nov 2026 22:00:00 GMT',
  ])('is no event where it is meant as a time and is none: %s', (text) => {
    expect(failureOf(parsedSince(text)).message).toBe(
      `since is "${text}", which is no RFC 3339 time; write it as 2026-11-22T12:00:00Z`,
    );
  });

  const FORMS =
    'give the id of an event, a cursor, an RFC 3339 time such as 2026-11-22T12:00:00Z, a time ago such as -15m, or "earliest"';

  it.each([
    ['-15m', 15 * 60_000],
    ['-90s', 90_000],
    ['-2h', 2 * 3_600_000],
    ['-1h30m', 90 * 60_000],
    ['-1.5h', 90 * 60_000],
    ['-2d', 48 * 3_600_000],
    ['-1500ms', 1500],
    ['-0s', 0],
    ['-.5s', 500],
    ['-3153600000s', 3_153_600_000_000],
  ])('is so long ago, by the clock that is passed in: %s', (text, ago) => {
    expect(accepted(parsedSince(` ${text} `))).toEqual({ kind: 'time', at: NOW - ago, text });
  });

  it.each([
    ...['5m', '2h30m', '1d', '1.5h', '1 hour ago', 'PT5M', '-PT5M', '+5m'],
    ...['-90', '-1', '-15M', '-1w', '-1d12h', '-15minutes', '-1.5d', '-2h30', '-.', '-1..5h'],
  ])('is no time ago in another form: %j', (text) => {
    const { message } = failureOf(parsedSince(text));
    expect(message).toContain(`since is "${text}", which is `);
    if (positionForm(text) === 'relative time') {
      expect(message).toMatch(/which is no time ago; write it as -90s, -15m, -1h30m or -2d$/);
    }
  });

  it.each(['-3153600001s', '-876001h', '-36501d', `-${'9'.repeat(200)}s`])(
    'is not longer ago than the longest duration of a request: %s',
    (text) => {
      expect(failureOf(parsedSince(text)).message).toMatch(
        /^since is "-.*", which is more than 3153600000 seconds ago; give "earliest" for all retained events$/,
      );
    },
  );

  it.each(['latest', 'now', 'beginning', 'Earliest', 'yesterday', 'today', 'end', 'undefined'])(
    'is no reserved word: %s',
    (text) => {
      expect(failureOf(parsedSince(text)).message).toBe(
        `since is "${text}", which is reserved and means nothing yet; ${FORMS}`,
      );
    },
  );

  it('is the place that a cursor names', () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        const text = encodeCursor(cursor, KEY);
        expect(accepted(parsedSince(` ${text} `))).toEqual({
          kind: 'cursor',
          cursor: { ...cursor, code: expect.stringMatching(/^[0-9a-f]{20}$/) },
        });
      }),
    );
  });

  it('is a place that nobody can vouch for where the cursor is of the first version', () => {
    expect(accepted(parsedSince('cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue'))).toEqual({
      kind: 'cursor',
      cursor: undefined,
    });
  });

  it.each(['cc1.AAAA', 'cc2.AAAA', 'CC1.AAAA', 'cc99.'])(
    'is no event where it is meant as a cursor and is none: %s',
    (text) => {
      expect(failureOf(parseSince(text, 'Last-Event-ID', NOW)).message).toBe(
        `Last-Event-ID is no cursor that this server made: "${text}"; ${FORMS}`,
      );
    },
  );

  it.each(['e1', '0b1f6f4e-9c0c-4ed5-b1a5-3c2d8f1c0a11', '2026-11-22-nightly', 'ü 😀'])(
    'is after the event with the id %s',
    (id) => {
      expect(accepted(parsedSince(id))).toEqual({ kind: 'event', id });
    },
  );

  it('is after an event whose id is as long as an id may be, and no longer', () => {
    const longest = 'i'.repeat(MAX_EVENT_ID_CHARACTERS);
    expect(accepted(parsedSince(longest))).toEqual({ kind: 'event', id: longest });
    expect(failureOf(parsedSince(`${longest}i`)).message).toBe(
      'since has 257 characters, an event id at most 256; give the id of an event, a cursor, an RFC 3339 time such as 2026-11-22T12:00:00Z, a time ago such as -15m, or "earliest"',
    );
  });

  it.each(['a\u0000b', 'a\nb', 'a\u007fb', 'a\u0085b'])(
    'is no id with a control character: %j',
    (text) => {
      expect(failureOf(parsedSince(text)).message).toBe(
        `since has a control character, which no event id has: ${JSON.stringify(text)}`,
      );
    },
  );

  it.each([' e1', 'e1 ', '\u00a0e1', 'e1\ufeff'])('is no id with a blank around it: %j', (text) => {
    expect(failureOf(parsedSince(text)).message).toBe(
      'since has a blank around "e1", which no event id has; leave it out',
    );
  });

  it('is no id that is not ASCII in a header, where its bytes may be read as another', () => {
    for (const text of ['ü', 'Ã¼', 'a\u00a0']) {
      expect(failureOf(parseSince(text, 'Last-Event-ID', NOW)).message).toBe(
        'Last-Event-ID has a character that is not ASCII, which a header cannot carry safely; send the id percent-encoded in the parameter "since"',
      );
    }
  });

  it('is no id of which bytes were lost on the way', () => {
    expect(failureOf(parsedSince('a\ufffd')).message).toBe(
      'since can be no event id: id "a\ufffd" has U+FFFD, which stands for bytes that are not UTF-8',
    );
  });

  it('is read from any text, or refused with a sentence', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ maxLength: 400 })), (text) => {
        const since = parsedSince(text);
        if (!since.ok) expect(since.failure.message).toMatch(/^since (has|is|can) /);
        else if (text.trim() === '') expect(since.value).toBeUndefined();
        else expect(since.value?.kind).toMatch(/^(earliest|time|event|cursor)$/);
      }),
      { numRuns: 2000 },
    );
  });
});
