/** The text of a policy, in either of its two languages. */
import { type Document, Problem, positionOf } from './ast.ts';
import { parseJsonPolicy } from './json.ts';
import { parseHcl } from './parser.ts';

const BYTE_ORDER_MARK = '\ufeff';

/**
 * Reads a document: JSON where it begins with `{`, which no HCL document can, and HCL else. A byte
 * order mark is passed over, and lines may end in CRLF.
 */
export function parseDocument(text: string): Document | Problem {
  const marked = text.startsWith(BYTE_ORDER_MARK);
  const source = (marked ? text.slice(BYTE_ORDER_MARK.length) : text).replaceAll('\r\n', '\n');
  const unreadable = source.search(/[\0\p{Surrogate}]/u);
  if (unreadable !== -1) {
    const utf16 = source.includes('\0') ? ' (UTF-16 has them; save the text as UTF-8)' : '';
    return new Problem(
      `a null character or half of a character${utf16}`,
      positionOf(source, unreadable),
    );
  }
  return /^\s*\{/.test(source) ? parseJsonPolicy(source) : parseHcl(source);
}
