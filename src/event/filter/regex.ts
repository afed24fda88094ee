/**
 * Regular expressions of filters have Go's syntax, RE2, which takes linear time. They match anywhere in the text and are
 * case-sensitive. Two differences from Go: names in `\p{…}` must be spelled as in Unicode (Go 1.25 also accepts
 * `\p{letter}`), and the tables are those of Unicode 17.
 */

import { RE2JS, RE2JSException } from 're2js';
import { invalid, ok, type Result, tooMany } from '../../lib/result.ts';
import { analyzeRegex, plainSearch } from './cost.ts';
import { MAX_FILTER_REGEX_SIZE, MAX_FILTER_REGEXES, MAX_REGEX_CACHE_BYTES } from './limits.ts';

/** Checks the cost of a filter's regular expressions before any is compiled. */
export function checkRegexes(regexes: readonly string[]): Result<readonly string[]> {
  if (regexes.length > MAX_FILTER_REGEXES) {
    return tooMany('the filter', regexes.length, 'regular expressions', MAX_FILTER_REGEXES);
  }
  const size = regexes
    .map(analyzeRegex)
    .reduce((sum, { isOverrepeated, size }) => sum + (isOverrepeated ? 0 : size), 0);
  if (size > MAX_FILTER_REGEX_SIZE) {
    return invalid(
      `the regular expressions of the filter are too large: with their repetitions written out they have about ${Math.ceil(size)} instructions, at most ${MAX_FILTER_REGEX_SIZE} are allowed`,
    );
  }
  return ok(regexes);
}

/**
 * Compiles a regular expression that `checkRegexes` accepts. The messages of failures are Go's.
 *
 * @returns the search
 */
export function compileRegex(regex: string): Result<(text: string) => boolean> {
  if (!regex.isWellFormed()) return invalid('error parsing regexp: invalid UTF-8');
  const { isOverrepeated, unnamed } = analyzeRegex(regex);
  // Its size was not checked, so the engine must not compile it.
  if (isOverrepeated) return invalid('error parsing regexp: invalid repeat count');
  const plain = plainSearch(regex);
  if (plain !== undefined) return ok(plain);
  try {
    const compiled = RE2JS.compile(unnamed);
    // By default, an automaton may grow to 8 MiB.
    const { dfa } = compiled.re2();
    dfa.stateBudget = MAX_REGEX_CACHE_BYTES;
    dfa.memBudget = MAX_REGEX_CACHE_BYTES;
    return ok((text) => compiled.test(text));
  } catch (error) {
    if (error instanceof RE2JSException) return invalid(error.message);
    throw error;
  }
}
