/** Parses a policy, which is HCL or JSON as for Vault and means the same. */

import { invalid, ok, type Result, tooLarge } from '../lib/result.ts';
import type { Document } from './hcl/ast.ts';
import {
  invalidAt,
  type Location,
  locationOf,
  locationText,
  type Parsed,
  type PolicyFailure,
} from './hcl/failure.ts';
import { parseJsonPolicy } from './hcl/json.ts';
import { parseHcl } from './hcl/parser.ts';
import { checkKeys, labelledBlocks, stringOf } from './hcl/value.ts';
import { MAX_POLICY_BYTES, MAX_POLICY_PATHS } from './limits.ts';
import { type PathRule, readPathRule } from './path-rule.ts';

export interface Policy {
  /** In the order of the text. Several rules may have the same path. */
  readonly paths: readonly PathRule[];
  /** Where text follows the end of a policy in JSON: it is ignored. */
  readonly unread?: Location;
}

const TOP_LEVEL_KEYS: ReadonlySet<string> = new Set(['name', 'path']);
const PREFIX = 'failed to parse policy: ';

/**
 * Failures have Vault's words if Vault has any, and a location: `failed to parse policy: path "a": invalid capability
 * "fly" on line 1, column 29`.
 *
 * @example
 * parsePolicy('path "secret/*" { capabilities = ["read"] }')
 */
export function parsePolicy(text: string): Result<Policy> {
  if (new TextEncoder().encode(text).length > MAX_POLICY_BYTES) {
    return tooLarge(`${PREFIX}it has more than ${MAX_POLICY_BYTES} bytes`);
  }
  const document = parseDocument(text);
  if (!document.ok) return failed(document.failure);
  const paths = readPaths(document.value);
  if (!paths.ok) return failed(paths.failure);
  if (paths.value.length > MAX_POLICY_PATHS) {
    return tooLarge(`${PREFIX}it has more than ${MAX_POLICY_PATHS} paths`);
  }
  const { unread } = document.value;
  return ok({ paths: paths.value, ...(unread !== undefined && { unread }) });
}

function failed({ message, location }: PolicyFailure) {
  return invalid(PREFIX + message + locationText(location));
}

function readPaths(document: Document): Parsed<PathRule[]> {
  const known = checkKeys(document, TOP_LEVEL_KEYS);
  if (!known.ok) return known;
  const paths: PathRule[] = [];
  for (const member of document.members) {
    if (member.keys[0].name === 'name') {
      const name = stringOf(member.value, 'name');
      if (!name.ok) return name;
      continue;
    }
    const blocks = labelledBlocks(member);
    if (!blocks.ok) return blocks;
    for (const block of blocks.value) {
      const rule = readPathRule(block);
      if (!rule.ok) return rule;
      paths.push(rule.value);
    }
  }
  return ok(paths);
}

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
