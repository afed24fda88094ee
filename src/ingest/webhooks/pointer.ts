/** JSON pointers (RFC 6901): which value of a document is meant. */
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';

/** The names and places on the way; none for the whole document. */
export type Pointer = readonly string[];

/**
 * @example
 * parsePointer('/repository/full_name') // ['repository', 'full_name']
 */
export function parsePointer(text: string): Result<Pointer> {
  if (text === '') return ok([]);
  if (!text.startsWith('/')) {
    return invalid(`the JSON pointer ${quote(text)} does not begin with "/"`);
  }
  if (/~(?![01])/.test(text)) {
    return invalid(
      `the JSON pointer ${quote(text)} has a "~" that is neither "~0" (for "~") nor "~1" (for "/")`,
    );
  }
  return ok(
    text
      .slice(1)
      .split('/')
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')),
  );
}

/** The pointer as it was written. */
export function pointerText(pointer: Pointer): string {
  return pointer.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** What the pointer leads to; undefined where there is nothing. */
export function resolve(pointer: Pointer, document: unknown): unknown {
  let value = document;
  for (const token of pointer) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) {
      return undefined;
    }
    // An array has a length beside its members, and no member "01".
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}
