/** The limits of `event/filter/`, each with its unit and its reason. */

/** Text of a subscription's filter, in characters. */
export const MAX_FILTER_CHARACTERS = 2048;

/** Parentheses, `not` and braces of a filter inside one another: they are the depth of a call stack. */
export const MAX_FILTER_DEPTH = 100;

/** Regular expressions of one filter; each has a cache of its own. */
export const MAX_FILTER_REGEXES = 32;

/**
 * Instructions of a filter's regular expressions, about, with repetitions written out. They are the
 * steps that the worst text takes for each of its characters.
 */
export const MAX_FILTER_REGEX_SIZE = 1000;

/**
 * Characters of a field that `matches`, `contains` and `in` search. In a longer one the comparison fails: the
 * publisher chooses the text, the subscriber what it costs to search a character of it.
 */
export const MAX_FILTERED_CHARACTERS = 1024;

/** Memory that the automaton of one regular expression may take; beyond, matching is slower. */
export const MAX_REGEX_CACHE_BYTES = 128 * 1024;
