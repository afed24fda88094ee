import { expect, it } from 'vitest';
import {
  FINGERPRINT_WORDS,
  type FingerprintKey,
  fingerprintWriter,
  ID_WORD,
} from '../../src/hub/journal/fingerprint.ts';

/** The bytes 00 01 02 … 07, as two little-endian numbers. */
const KEY: FingerprintKey = [0x03020100, 0x07060504];

function fingerprintOf(text: string, from = 0, to = text.length, key = KEY): Uint32Array {
  const target = new Uint32Array(FINGERPRINT_WORDS + 1);
  fingerprintWriter(key)(text, from, to, target, 1);
  return target.subarray(1);
}

/** Its 64 bits as the authors of the hash print them: byte by byte. */
function hexOf([low = 0, high = 0]: Uint32Array): string {
  const bytes = new Uint8Array(Uint32Array.of(low, high).buffer);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** So many bytes 00 01 02 …, as UTF-16 units in little-endian order. */
function unitsOf(bytes: number): string {
  const unit = (i: number) => String.fromCharCode(((2 * i + 1) << 8) | (2 * i));
  return Array.from({ length: bytes / 2 }, (_, i) => unit(i)).join('');
}

it.each([
  [0, '218d1f59b9b83cc8'],
  [2, '064f39ef7c50eb57'],
  [4, 'd5e78a175be52ea1'],
  [6, 'ce3e91358aa2bc25'],
  [8, 'edfee820bce4858c'],
  [10, '95b0469f06a6f2ee'],
  [12, '7bc71f9faef5c799'],
])('a fingerprint is the published HalfSipHash-2-4-64 of %i bytes', (bytes, hash) => {
  expect(hexOf(fingerprintOf(unitsOf(bytes)))).toBe(hash);
});

it('a fingerprint is that of a part of a text, wherever the part is', () => {
  const alone = fingerprintOf('event-17\np');
  expect(fingerprintOf('xevent-17\npy', 1, 11)).toEqual(alone);
  expect(fingerprintOf('\nxevent-17\npy', 2, 12)).toEqual(alone);
});

it.each(['a', 'ab', 'abc', 'abcd', 'ü', 'ü€', '😀', '😀x'])(
  'the word of the id %j depends on the id only',
  (id) => {
    const word = fingerprintOf(`${id}\n`)[ID_WORD];
    for (const rest of ['p\n\nabc\ns', 'q\n\nabc\ns', '', 'p']) {
      expect(fingerprintOf(`${id}\n${rest}`)[ID_WORD]).toBe(word);
      expect(fingerprintOf(`x${id}\n${rest}y`, 1, id.length + rest.length + 2)[ID_WORD]).toBe(word);
    }
    expect(fingerprintOf(`${id}x\np`)[ID_WORD]).not.toBe(word);
  },
);

it('fingerprints depend on the key of the hash', () => {
  const other = fingerprintOf('a\np', 0, 3, [1, 2]);
  expect(other[0]).not.toBe(fingerprintOf('a\np')[0]);
  expect(other[ID_WORD]).not.toBe(fingerprintOf('a\np')[ID_WORD]);
});

it('a text without a newline has a fingerprint', () => {
  for (const text of ['', 'a', 'ab', 'abc']) {
    expect(fingerprintOf(`${text}|\n`, 0, text.length)).toEqual(fingerprintOf(text));
  }
});
