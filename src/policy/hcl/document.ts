/** Parses the text of a policy, which is HCL or JSON. */
import type { Document } from './ast.ts';
import { invalidAt, locationOf, type Parsed } from './failure.ts';
import { parseJsonPolicy } from './json.ts';
import { parseHcl } from './parser.ts';

const BYTE_ORDER_MARK = '\ufeff';

/**
 * A text that begins with `{` is JSON, because no HCL document begins so. A byte order mark is skipped, and lines may
 * end with CRLF.
 */
export function parseDocument(text: string): Parsed<Document> {
  const marked = text.startsWith(BYTE_ORDER_MARK);
  const source = (marked ? text.slice(BYTE_ORDER_MARK.length) : text).replaceAll('\r\n', '\n');
  const unreadable = source.search(/[\0\p{Surrogate}]/u);
  if (unreadable !== -1) {
    const utf16 = source.includes('\0') ? ' (UTF-16 has them; save the text as UTF-8)' : '';
    return invalidAt(
      locationOf(source, unreadable),
      `a null character or half of a character${utf16}`,
    );
  }
  return /^\s*\{/.test(source) ? parseJsonPolicy(source) : parseHcl(source);
}
