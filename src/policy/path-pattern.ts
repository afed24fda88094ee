/**
 * The paths of rules. `secret/foo` is that path alone and `secret/*` every path that begins so; a `*`
 * anywhere but at the end is a character like others. `secret/+/foo` has any one segment, an empty one
 * too, in the place of a segment that is `+`.
 */

import { utf8Length } from '../wire/utf8.ts';

/** A path that is more than one: its rule competes with others that match the same request. */
export interface PathPattern {
  /** The path without the `*` at its end. */
  readonly stem: string;
  readonly isPrefix: boolean;
  readonly hasSegmentWildcards: boolean;
}

/** Undefined where the path is just itself. */
export function patternOf(path: string): PathPattern | undefined {
  const hasSegmentWildcards = path === '+' || path.startsWith('+/') || path.includes('/+');
  const isPrefix = path.endsWith('*');
  if (!hasSegmentWildcards && !isPrefix) return undefined;
  return { stem: isPrefix ? path.slice(0, -1) : path, isPrefix, hasSegmentWildcards };
}

/**
 * Orders patterns that match the same path by how specific they are, the least specific first. No two that
 * differ are equal. Lengths are of bytes, as in Vault.
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

/** As Go compares texts: by their bytes as UTF-8, which is by code points. */
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
 * Compiles a pattern with segment wildcards to a predicate. It makes no copies of the path, and most
 * paths fail at the text before the first wildcard.
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
