/** The limits of `event/filter/`, each with its unit and its reason. */

/** Text of a subscription's filter, in characters. */
export const MAX_FILTER_CHARACTERS = 2048;

/** Nesting of parentheses, `not` and braces in a filter. Each level is a level of the call stack. */
export const MAX_FILTER_DEPTH = 100;

/** Regular expressions of one filter. Each has its own cache. */
export const MAX_FILTER_REGEXES = 32;

/**
 * Approximate number of instructions of a filter's regular expressions, with repetitions written out. In the worst
 * case each character of a field takes as many steps.
 */
export const MAX_FILTER_REGEX_SIZE = 1000;

/**
 * Characters of a field that `matches`, `contains` and `in` search. If the field is longer, the comparison fails: the
 * publisher chooses the length, and the subscriber the cost of each character.
 */
export const MAX_FILTERED_CHARACTERS = 1024;

/** Memory for the automaton of one regular expression. With less than it needs, matching is slower. */
export const MAX_REGEX_CACHE_BYTES = 128 * 1024;
