/** JSON pointers (RFC 6901) select a value of a document. */
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';

/** The keys and indexes on the way to the value; empty for the whole document. */
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

/** @returns undefined if the document has no such value */
export function valueAt(pointer: Pointer, document: unknown): unknown {
  let value = document;
  for (const token of pointer) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) {
      return undefined;
    }
    // An array also has the key "length", and it has no member "01".
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}

/**
 * A string, or a whole number as a string.
 *
 * @returns undefined for any other value
 */
export function stringAt(pointer: string, document: unknown): string | undefined {
  const parsed = parsePointer(pointer);
  const value = parsed.ok ? valueAt(parsed.value, document) : undefined;
  if (Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' ? value : undefined;
}
