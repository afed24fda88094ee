import { describe, expect, it } from 'vitest';
import { decodeUtf8 } from '../../src/lib/text.ts';
import { accepted } from './support/result.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the text of a body', () => {
  it('is without its byte order mark, in each body anew', () => {
    for (let i = 0; i < 3; i++)
      expect(accepted(decodeUtf8(bytes('\ufeffa\ufeffb')))).toBe('a\ufeffb');
  });

  it.each([
    ['a byte that no text has', [0xff]],
    ['a character that is cut off', [0x61, 0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('is refused for %s, and the next body is read', (_what, broken) => {
    expect(decodeUtf8(Uint8Array.from(broken)).ok).toBe(false);
    expect(accepted(decodeUtf8(bytes('\u00acé€😀')))).toBe('¬é€😀');
    expect(decodeUtf8(Uint8Array.from(broken)).ok).toBe(false);
    expect(accepted(decodeUtf8(bytes('\ufeff{}')))).toBe('{}');
  });
});
