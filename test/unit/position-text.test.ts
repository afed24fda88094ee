import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EVENT_ID_CHARACTERS } from '../../src/event/limits.ts';
import {
  checkEventId,
  isUsableEventId,
  KEYWORDS,
  type PositionForm,
  positionForm,
} from '../../src/event/position-text.ts';
import { isTimestamp } from '../../src/event/time.ts';
import { parseSince } from '../../src/subscription/since.ts';
import { encodeCursor } from '../../src/wire/cursor.ts';
import { anyCursor, KEY } from './support/cursors.ts';
import { anyText } from './support/events.ts';
import { failureOf } from './support/result.ts';

const RESERVED: readonly (readonly [string, PositionForm])[] = [
  ['cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue', 'cursor'],
  ['cc1.', 'cursor'],
  ['cc2.x', 'cursor'],
  ['cc10.anything at all', 'cursor'],
  ['CC2.x', 'cursor'],
  ['2026-11-22T12:00:00Z', 'time'],
  ['2026-11-22T12:00:00.123456789+02:00', 'time'],
  ['2026-11-22t12:00:00z', 'time'],
  ['2026-11-22 12:00:00 +0000', 'time'],
  ['2026-11-22T12:00:00,5Z', 'time'],
  ['2026-11-22T12', 'time'],
  ['2026-11-22T', 'time'],
  ['2026-11-22', 'time'],
  ['2026-11-22Z', 'time'],
  ['2026-11-22+02:00', 'time'],
  ['2026-99-99T99:99:99Z', 'time'],
  ['+012026-11-22T12:00:00.000Z', 'time'],
  ['-000001-11-22T12:00:00.000Z', 'time'],
  ['20261129T220000Z', 'time'],
  ['20261129T2200', 'time'],
  ['20261129t22+0100', 'time'],
  ['20261129T22:00:00.5Z', 'time'],
  ['20261129 220000', 'time'],
  ['2026/11/29', 'time'],
  ['2026/11/29 22:00:00', 'time'],
  ['Sun, 29 Nov 2026 22:00:00 GMT', 'time'],
  ['Sun Nov 29 22:00:00 UTC 2026', 'time'],
  ['Sun Nov 29 2026 22:00:00 GMT+0100 (CET)', 'time'],
  ['5m', 'relative time'],
  ['2h30m', 'relative time'],
  ['1d', 'relative time'],
  ['1.5h', 'relative time'],
  ['1,5h', 'relative time'],
  ['.5h', 'relative time'],
  ['5M', 'relative time'],
  ['+5m', 'relative time'],
  ['90s', 'relative time'],
  ['604800s', 'relative time'],
  ['250ms', 'relative time'],
  ['250µs', 'relative time'],
  ['1h0m0.5s', 'relative time'],
  ['1d12h', 'relative time'],
  ['2w', 'relative time'],
  ['5min', 'relative time'],
  ['5 minutes', 'relative time'],
  ['1 hour ago', 'relative time'],
  ['PT5M', 'relative time'],
  ['P1DT2H30M', 'relative time'],
  ['-P1D', 'relative time'],
  ['-15m', 'relative time'],
  ['-2h30m', 'relative time'],
  ['-1d', 'relative time'],
  ['-1.5h', 'relative time'],
  ['-.5h', 'relative time'],
  ['-90', 'relative time'],
  ['-250µs', 'relative time'],
  ['earliest', 'keyword'],
  ['Earliest', 'keyword'],
  ['latest', 'keyword'],
  ['beginning', 'keyword'],
  ['now', 'keyword'],
  ['yesterday', 'keyword'],
  ['Today', 'keyword'],
  ['tomorrow', 'keyword'],
  ['midnight', 'keyword'],
  ['first', 'keyword'],
  ['last', 'keyword'],
  ['oldest', 'keyword'],
  ['newest', 'keyword'],
  ['start', 'keyword'],
  ['END', 'keyword'],
  ['all', 'keyword'],
  ['null', 'keyword'],
  ['undefined', 'keyword'],
];

const IDS = [
  'e1',
  '0',
  '1764000000',
  '1764000000000',
  '0b1f6f4e-9c0c-4ed5-b1a5-3c2d8f1c0a11',
  '01JD8Q6V6XG3V5M2R1T0Y9Z8W7',
  'A234-1234-1234',
  'a+b/c==',
  'with a blank',
  'cc1',
  'cc.x',
  'ccc1.x',
  'xcc1.x',
  '2026-11-22-nightly',
  '2026-11-22-1',
  '2026-11-22T12:00:00Z-backup',
  'x2026-11-22',
  '2026-11',
  '20261122',
  '20261122120000',
  '20261122T',
  '20261122-1',
  '20261122T120000Z-backup',
  '2026/11',
  '2026/11/22/1',
  '2026.11.22',
  '5',
  '1.5',
  '1234567d',
  '12d34d5d',
  '5m-backup',
  'x5m',
  '5mm',
  '30m5h',
  'P',
  'PT',
  'PT4KHLK',
  'P1D-x',
  'Sunday 1',
  'today-1',
  'last.1',
  'end of day',
  '-',
  '-m',
  '-OabcDEF123_x',
  '-15m-x',
  'now.',
  'earliest-1',
  'ü 😀',
  '%41',
  '__proto__',
];

describe('a position', () => {
  it.each(RESERVED)('%j has the form of a %s, and is the id of no event', (text, form) => {
    expect(positionForm(text)).toBe(form);
    expect(failureOf(checkEventId(text)).message).toBe(
      `id ${JSON.stringify(text)} has the form of a ${form}, and a subscriber that resumes with it would get another place; use another id, for example with a prefix`,
    );
  });

  it.each(IDS)('%j is an id and nothing else', (id) => {
    expect(positionForm(id)).toBeUndefined();
    expect(isUsableEventId(id)).toBe(true);
    expect(parseSince(id, 'since', 0)).toEqual({ ok: true, value: { kind: 'event', id } });
  });

  it('has no keyword that the documentation does not name', () => {
    const api = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
    const row = /^\| keyword \|.*$/m.exec(api)?.[0] ?? '';
    expect(
      [...row.matchAll(/`(\w+)`/g)]
        .map(([, word]) => word)
        .filter((word, index, all) => all.indexOf(word) === index),
    ).toEqual([...KEYWORDS]);
  });

  it('is reserved in every form that is read: cursors and times', () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        expect(isUsableEventId(encodeCursor(cursor, KEY))).toBe(false);
      }),
    );
    const time = fc
      .date({ min: new Date(-1e14), max: new Date(9e14), noInvalidDate: true })
      .map((date) => date.toISOString());
    fc.assert(
      fc.property(time, (text) => {
        expect(isUsableEventId(text)).toBe(false);
        expect(isTimestamp(text) && positionForm(text) !== 'time').toBe(false);
      }),
    );
  });

  it.each([
    ['', 'id is empty'],
    ['i'.repeat(MAX_EVENT_ID_CHARACTERS + 1), 'id has 257 characters'],
    [' e1', 'blank at its beginning or end'],
    ['e1 ', 'blank at its beginning or end'],
    ['\u00a0e1', 'blank at its beginning or end'],
    ['e1\ufeff', 'blank at its beginning or end'],
    ['e1\u2028', 'blank at its beginning or end'],
    [' ', 'blank at its beginning or end'],
    ['\te1', 'control character'],
    ['a\u0000b', 'control character'],
    ['a\nb', 'control character'],
    ['a\u0085b', 'control character'],
    ['a\ud800b', 'unpaired surrogate'],
    ['a\ufffdb', 'U+FFFD'],
  ])('%j can be no id: %s', (text, message) => {
    expect(failureOf(checkEventId(text)).message).toContain(message);
    expect(isUsableEventId(text)).toBe(false);
  });

  const anyOf = (texts: readonly string[]) =>
    fc
      .tuple(
        fc.constantFrom('', ' ', '\u00a0', 'x'),
        fc.constantFrom(...texts),
        fc.constantFrom('', ' ', 'x'),
      )
      .map((parts) => parts.join(''));
  const anyId = fc.oneof(anyText, anyOf(IDS), anyOf(RESERVED.map(([text]) => text)));

  it('means an event exactly where an event can have it as its id', () => {
    fc.assert(
      fc.property(anyId, (text) => {
        const since = parseSince(text, 'since', 0);
        const id = since.ok && since.value?.kind === 'event' ? since.value.id : undefined;
        expect(id).toBe(isUsableEventId(text) ? text : undefined);
      }),
      { numRuns: 5000 },
    );
  });

  it('is the same after it went through a URL, and in ASCII through a header', () => {
    fc.assert(
      fc.property(anyId.filter(isUsableEventId), (id) => {
        const url = new URL(`https://x/?${new URLSearchParams({ since: id })}`);
        expect(url.searchParams.get('since')).toBe(id);
        expect(
          new URL(`https://x/?since=${encodeURIComponent(id)}`).searchParams.get('since'),
        ).toBe(id);
        if (/[^ -~]/.test(id)) return;
        expect(new Headers({ 'Last-Event-ID': id }).get('Last-Event-ID')).toBe(id);
      }),
      { numRuns: 2000 },
    );
  });
});
