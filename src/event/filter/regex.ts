/**
 * The regular expressions of filters are Go's: RE2, which takes linear time and has no lookaround and
 * no back-references. They are searched anywhere in the text, and case counts. What differs from Go:
 * names in `\p{…}` are spelled as in Unicode (Go 1.25 and later also take `\p{letter}`), and the
 * tables are those of Unicode 17.
 */
import { RE2JS, RE2JSException } from 're2js';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { MAX_FILTER_REGEX_SIZE, MAX_FILTER_REGEXES, MAX_REGEX_CACHE_BYTES } from './limits.ts';
import { readPattern } from './pattern.ts';
import { searchOfPlain } from './plain-pattern.ts';

/** Checks, before any is compiled, that a filter's regular expressions cost no more than they may. */
export function checkPatterns(patterns: readonly string[]): Result<readonly string[]> {
  if (patterns.length > MAX_FILTER_REGEXES) {
    return invalid(
      `the filter has ${patterns.length} regular expressions, at most ${MAX_FILTER_REGEXES} are allowed`,
    );
  }
  const size = patterns
    .map(readPattern)
    .reduce((sum, { isOverrepeated, size }) => sum + (isOverrepeated ? 0 : size), 0);
  if (size > MAX_FILTER_REGEX_SIZE) {
    return invalid(
      `the regular expressions of the filter are too large: with their repetitions written out they have about ${Math.ceil(size)} instructions, at most ${MAX_FILTER_REGEX_SIZE} are allowed`,
    );
  }
  return ok(patterns);
}

/**
 * Compiles a regular expression that was checked.
 *
 * @returns the search, or `invalid` with the words of Go
 */
export function compileRegex(pattern: string): Result<(text: string) => boolean> {
  if (!pattern.isWellFormed()) return invalid('error parsing regexp: invalid UTF-8');
  const { isOverrepeated, unnamed } = readPattern(pattern);
  // Its size was not counted, so the engine must not see it.
  if (isOverrepeated) return invalid('error parsing regexp: invalid repeat count');
  const plain = searchOfPlain(pattern);
  if (plain !== undefined) return ok(plain);
  try {
    const regex = RE2JS.compile(unnamed);
    // By default, an automaton may grow to 8 MiB.
    const { dfa } = regex.re2();
    dfa.stateBudget = MAX_REGEX_CACHE_BYTES;
    dfa.memBudget = MAX_REGEX_CACHE_BYTES;
    return ok((text) => regex.test(text));
  } catch (error) {
    if (error instanceof RE2JSException) return invalid(error.message);
    throw error;
  }
}
