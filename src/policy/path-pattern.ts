/**
 * The paths of rules. `secret/foo` matches only that path, and `secret/*` every path with that prefix. A `*` that is
 * not at the end is an ordinary character. A segment `+`, as in `secret/+/foo`, matches any one segment, even an empty
 * one.
 */

import { utf8Length } from '../wire/utf8.ts';

/** A path with a wildcard. Its rule competes with other rules that match the same path. */
interface PathPattern {
  /** The path without its trailing `*`. */
  readonly stem: string;
  readonly isPrefix: boolean;
  readonly hasSegmentWildcards: boolean;
}

/** @returns undefined if the path has no wildcard */
export function patternOf(path: string): PathPattern | undefined {
  const hasSegmentWildcards = path === '+' || path.startsWith('+/') || path.includes('/+');
  const isPrefix = path.endsWith('*');
  if (!hasSegmentWildcards && !isPrefix) return undefined;
  return { stem: isPrefix ? path.slice(0, -1) : path, isPrefix, hasSegmentWildcards };
}

/**
 * Orders patterns that match the same path: the least specific first. Two different patterns never compare equal.
 * Lengths are in bytes, as in Vault.
 */
export function compareSpecificity(a: PathPattern, b: PathPattern): number {
  return (
    firstWildcard(a) - firstWildcard(b) ||
    Number(b.isPrefix) - Number(a.isPrefix) ||
    wildcardSegments(b) - wildcardSegments(a) ||
    utf8Length(a.stem) - utf8Length(b.stem) ||
    compareBytes(a.stem, b.stem)
  );
}

/** Compares UTF-8 bytes, as Go does. That is the order of the code points. */
function compareBytes(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  return at === -1 ? 0 : (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
}

function firstWildcard({ hasSegmentWildcards, stem }: PathPattern): number {
  return hasSegmentWildcards ? stem.indexOf('+') : stem.length;
}

function wildcardSegments({ hasSegmentWildcards, stem }: PathPattern): number {
  return hasSegmentWildcards ? stem.split('/').filter((segment) => segment === '+').length : 0;
}

/**
 * Compiles a pattern with segment wildcards to a predicate. The predicate does not copy the path, and most paths
 * already fail at the text before the first wildcard.
 */
export function compileSegments({ stem, isPrefix }: PathPattern): (path: string) => boolean {
  const segments = stem.split('/');
  const first = segments.indexOf('+');
  const literals = first === -1 ? segments.length - 1 : first;
  const head = segments
    .slice(0, literals)
    .map((segment) => `${segment}/`)
    .join('');
  const tail = segments.slice(literals);
  const last = tail.length - 1;

  return (path) => {
    if (!path.startsWith(head)) return false;
    let start = head.length;
    for (let index = 0; index <= last; index++) {
      const segment = tail[index] ?? '';
      const slash = path.indexOf('/', start);
      const end = slash === -1 ? path.length : slash;
      const isOpen = isPrefix && index === last;
      if (segment !== '+') {
        if (!path.startsWith(segment, start)) return false;
        if (end - start !== segment.length && !isOpen) return false;
      }
      const isAtEnd = slash === -1;
      if (isAtEnd !== (index === last) && !isOpen) return false;
      start = end + 1;
    }
    return true;
  };
}
