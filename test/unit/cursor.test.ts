import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  hubTag,
  isGenuine,
  isUnsignedCursor,
} from '../../src/wire/cursor.ts';
import { anyCursor, KEY, OTHER_KEY } from './support/cursors.ts';

const CURSOR: Cursor = { hub: 1, epoch: '00000000000000ff', sequence: 3 };
/** Of another implementation: `hmac` of Python. */
const TEXT = 'cc2.AAAAAQAAAAAAAAD_AAAAAAAAAAPT9bLJnxFC1cAK';

/** Whether a text is a cursor that was made with a key. */
function accepts(text: string, key = KEY): boolean {
  const cursor = decodeCursor(text);
  return cursor !== undefined && isGenuine(cursor, key);
}

describe('a cursor', () => {
  it('has the text that clients hold since it has a code', () => {
    expect(encodeCursor(CURSOR, KEY)).toBe(TEXT);
    expect(decodeCursor(TEXT)).toEqual({ ...CURSOR, code: 'd3f5b2c99f1142d5c00a' });
  });

  it('is read back as the place that it was made of, and is genuine by its key alone', () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        const text = encodeCursor(cursor, KEY);
        expect(text).toMatch(/^cc2\.[A-Za-z0-9_-]{40}$/);
        expect(decodeCursor(text)).toMatchObject(cursor);
        expect([accepts(text), accepts(text, OTHER_KEY)]).toEqual([true, false]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    { hub: 0, epoch: '0000000000000000', sequence: 0 },
    { hub: 0xffffffff, epoch: 'ffffffffffffffff', sequence: Number.MAX_SAFE_INTEGER },
    { hub: 0x80000000, epoch: '8000000000000000', sequence: 2 ** 32 },
  ])('names the places at the edges: %j', (cursor) => {
    expect(decodeCursor(encodeCursor(cursor, KEY))).toMatchObject(cursor);
  });

  it('goes into a URL and a header as it is', () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        const text = encodeCursor(cursor, KEY);
        expect(encodeURIComponent(text)).toBe(text);
        expect(text.length).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('of another place has no code that a subscriber could know', () => {
    const cursor = decodeCursor(encodeCursor(CURSOR, KEY));
    if (cursor === undefined) throw new Error('no cursor');
    for (const change of [{ hub: 2 }, { epoch: '00000000000000fe' }, { sequence: 4 }]) {
      expect(isGenuine({ ...cursor, ...change }, KEY)).toBe(false);
    }
    for (const code of ['', cursor.code.slice(2), `${cursor.code}00`, '0'.repeat(20), 'no hex']) {
      expect(isGenuine({ ...cursor, code }, KEY)).toBe(false);
    }
  });

  it('is none any more with any one character changed, left out, doubled or swapped', () => {
    const typos = Array.from(TEXT).flatMap((character, i) => [
      `${TEXT.slice(0, i)}${character === 'x' ? 'y' : 'x'}${TEXT.slice(i + 1)}`,
      `${TEXT.slice(0, i)}${TEXT.slice(i + 1)}`,
      `${TEXT.slice(0, i)}${character}${TEXT.slice(i)}`,
      `${TEXT.slice(0, i)}${TEXT[i + 1] ?? ''}${character}${TEXT.slice(i + 2)}`,
    ]);
    const wrong = typos.filter((typo) => typo !== TEXT);
    expect(wrong.length).toBeGreaterThan(100);
    for (const typo of wrong) expect(accepts(typo), typo).toBe(false);
  });

  it.each([
    ['', 'nothing'],
    ['cc2.', 'its prefix alone'],
    [`cc3.${'A'.repeat(40)}`, 'that of another version'],
    [`CC2.${'A'.repeat(40)}`, 'in capitals'],
    [` cc2.${'A'.repeat(40)}`, 'after a blank'],
    [`cc2.${'A'.repeat(40)}\n`, 'before a line break'],
    [`cc2.${'/'.repeat(40)}`, 'in the alphabet of plain base64'],
    [`cc2.${'A'.repeat(38)}==`, 'with padding'],
    [`cc2.${'_'.repeat(40)}`, 'beyond the numbers that are exact'],
    ['cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue', 'without a code'],
  ])('is not %j: %s', (text) => {
    expect(decodeCursor(text)).toBeUndefined();
  });

  it('is none with a sequence beyond the numbers that are exact', () => {
    const beyond = encodeCursor({ ...CURSOR, sequence: 2 ** 53 }, KEY);
    expect(decodeCursor(beyond)).toBeUndefined();
  });

  it('is made of no text but its own', () => {
    const anyForm = fc.stringMatching(/^cc2\.[A-Za-z0-9_-]{40}$/);
    fc.assert(
      fc.property(fc.oneof(anyForm, fc.string()), (text) => {
        const cursor = decodeCursor(text);
        if (cursor === undefined) return;
        expect(encodeCursor(cursor, KEY).slice(0, 30)).toBe(text.slice(0, 30));
        expect(isGenuine(cursor, KEY)).toBe(encodeCursor(cursor, KEY) === text);
      }),
      { numRuns: 2000 },
    );
  });

  it('of the first version is known by its form', () => {
    expect(isUnsignedCursor('cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue')).toBe(true);
    for (const text of ['cc1.', 'cc1.AAAA', `cc2.${'A'.repeat(32)}`, 'e1']) {
      expect(isUnsignedCursor(text)).toBe(false);
    }
  });
});

describe('the tag of a hub', () => {
  it('is the same for ever, since clients hold it', () => {
    expect(hubTag('')).toBe(0x811c9dc5);
    expect(hubTag('/kv-v2')).toBe(hubTag('/kv-v2'));
    expect(hubTag('a')).toBe(0xe40c292c);
    expect(hubTag('foobar')).toBe(0xbf9cf968);
  });

  it('is another for hubs whose names differ in a character', () => {
    expect(hubTag('/kv-v1')).not.toBe(hubTag('/kv-v2'));
    expect(hubTag('team@a/kv-v2')).not.toBe(hubTag('team@b/kv-v2'));
  });
});
