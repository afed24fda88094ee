import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  hubTag,
  isCursor,
} from '../../src/wire/cursor.ts';
import { anyCursor } from './support/cursors.ts';

const CURSOR: Cursor = { hub: 1, epoch: '00000000000000ff', sequence: 3 };
const TEXT = 'cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue';

describe('a cursor', () => {
  it('has the text that clients hold since its first version', () => {
    expect(encodeCursor(CURSOR)).toBe(TEXT);
    expect(decodeCursor(TEXT)).toEqual(CURSOR);
  });

  it('is read back as the place that it was made of', () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        const text = encodeCursor(cursor);
        expect(text).toMatch(/^cc1\.[A-Za-z0-9_-]{32}$/);
        expect(decodeCursor(text)).toEqual(cursor);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    { hub: 0, epoch: '0000000000000000', sequence: 0 },
    { hub: 0xffffffff, epoch: 'ffffffffffffffff', sequence: Number.MAX_SAFE_INTEGER },
    { hub: 0x80000000, epoch: '8000000000000000', sequence: 2 ** 32 },
  ])('names the places at the edges: %j', (cursor) => {
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  });

  it('goes into a URL and a header as it is', () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        const text = encodeCursor(cursor);
        expect(encodeURIComponent(text)).toBe(text);
      }),
    );
  });

  it('says of itself that it is one', () => {
    expect(isCursor(TEXT)).toBe(true);
    expect(isCursor('cc1.')).toBe(true);
    expect(isCursor('cc2.AAAA')).toBe(false);
    expect(isCursor('e1')).toBe(false);
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
    for (const typo of wrong) expect(decodeCursor(typo), typo).toBeUndefined();
  });

  it.each([
    ['', 'nothing'],
    ['cc1.', 'its prefix alone'],
    [`cc2.${TEXT.slice(4)}`, 'that of another version'],
    [`CC1.${TEXT.slice(4)}`, 'in capitals'],
    [` ${TEXT}`, 'after a blank'],
    [`${TEXT}\n`, 'before a line break'],
    [TEXT.replace('_', '/'), 'in the alphabet of plain base64'],
    [`cc1.${'A'.repeat(32)}`, 'made up'],
    [`cc1.${'_'.repeat(32)}`, 'made up'],
  ])('is not %j: %s', (text) => {
    expect(decodeCursor(text)).toBeUndefined();
  });

  it('is none with a sequence beyond the numbers that are exact', () => {
    const beyond = encodeCursor({ ...CURSOR, sequence: 2 ** 53 });
    expect(decodeCursor(beyond)).toBeUndefined();
  });

  it('is made of no text but its own', () => {
    const anyForm = fc.stringMatching(/^cc1\.[A-Za-z0-9_-]{32}$/);
    fc.assert(
      fc.property(fc.oneof(anyForm, fc.string()), (text) => {
        const cursor = decodeCursor(text);
        if (cursor !== undefined) expect(encodeCursor(cursor)).toBe(text);
      }),
      { numRuns: 2000 },
    );
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
