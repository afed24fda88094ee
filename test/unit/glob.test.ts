import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../src/event/glob.ts';
import { readCases } from '../support/cases.ts';

interface GlobCase {
  readonly id: string;
  readonly pattern: string;
  readonly input: string;
  readonly match: boolean;
}

describe('a glob pattern', () => {
  it.each(readCases<GlobCase>('glob'))(
    'decides as go-glob does: $id, "$pattern" on "$input" is $match',
    ({ pattern, input, match }) => {
      expect(compileGlob(pattern)(input)).toBe(match);
    },
  );

  it.each([
    ['kv', 'KV'],
    ['kv.v2/*', 'kv-v2/x'],
    ['kv-v2/\\*', 'kv-v2/x'],
    ['{kv,ldap}/x', 'kv/x'],
    [' kv*', 'kv-v2/x'],
  ])(
    'gives no meaning to anything but the asterisk: "%s" does not match "%s"',
    (pattern, subject) => {
      expect(compileGlob(pattern)(subject)).toBe(false);
    },
  );

  it('does not let two parts share a character of the subject', () => {
    expect(compileGlob('ab*ba')('aba')).toBe(false);
    expect(compileGlob('*ab*b*')('ab')).toBe(false);
    expect(compileGlob('a*bc*c')('abc')).toBe(false);
  });

  it('takes the leftmost place for a part in the middle, and still finds the end', () => {
    expect(compileGlob('a*b*b')('abcbdb')).toBe(true);
    expect(compileGlob('*a*aa')('aaa')).toBe(true);
  });

  it('answers at once where a backtracking matcher would not in a lifetime', () => {
    const pattern = `${'a*'.repeat(255)}b`;
    expect(compileGlob(pattern)('a'.repeat(4000))).toBe(false);
    expect(compileGlob(pattern)(`${'a'.repeat(4000)}b`)).toBe(true);
  });

  it('gives the same answer when it is asked again', () => {
    const matches = compileGlob('*a*');
    expect([matches('ba'), matches('b'), matches('ba')]).toEqual([true, false, true]);
  });

  it('agrees with the definition of a wildcard, tried out in full', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '*'), maxLength: 9 });
    const subject = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, subject, (pattern, subject) => {
        expect(compileGlob(pattern)(subject)).toBe(matchesByDefinition(pattern, subject));
      }),
      { numRuns: 2000 },
    );
  });

  it('matches whatever its wildcards are replaced with', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part), { maxLength: 6 }), part, (pairs, last) => {
        const pattern = pairs.map(([literal]) => `${literal}*`).join('') + last;
        const subject = pairs.map(([literal, wild]) => literal + wild).join('') + last;
        expect(compileGlob(pattern)(subject)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

/** Slow and obvious: which beginnings of the subject does each beginning of the pattern match? */
function matchesByDefinition(pattern: string, subject: string): boolean {
  let matched = [true, ...Array.from(subject, () => false)];
  for (const character of pattern) {
    const next: boolean[] = [];
    for (let length = 0; length <= subject.length; length++) {
      next[length] =
        character === '*'
          ? matched.slice(0, length + 1).includes(true)
          : length > 0 && matched[length - 1] === true && subject[length - 1] === character;
    }
    matched = next;
  }
  return matched[subject.length] === true;
}
