/**
 * Policies: what their holders may do on which paths. They are written as for Vault, in HCL or JSON,
 * and mean the same.
 */

import { invalid, ok, type Result, tooLarge } from '../lib/result.ts';
import { type Document, type Position, Problem, where } from './hcl/ast.ts';
import { parseDocument } from './hcl/document.ts';
import { labelledBlocks, textOf, unknownKeys } from './hcl/value.ts';
import { MAX_POLICY_BYTES, MAX_POLICY_PATHS } from './limits.ts';
import { type PathRule, readPathRule } from './path-rule.ts';

export interface Policy {
  /** In the order of the text; several may be of the same path. */
  readonly paths: readonly PathRule[];
  /** Where text begins that is not read, behind a policy in JSON. */
  readonly unread?: Position;
}

const TOP_LEVEL_KEYS: ReadonlySet<string> = new Set(['name', 'path']);
const PREFIX = 'failed to parse policy: ';

/**
 * Reads a policy. What is wrong with one is said in Vault's words where it has words for it, and where
 * it is: `failed to parse policy: path "a": invalid capability "fly" on line 1, column 29`.
 *
 * @example
 * parsePolicy('path "secret/*" { capabilities = ["read"] }')
 */
export function parsePolicy(text: string): Result<Policy> {
  if (new TextEncoder().encode(text).length > MAX_POLICY_BYTES) {
    return tooLarge(`${PREFIX}it has more than ${MAX_POLICY_BYTES} bytes`);
  }
  const document = parseDocument(text);
  const paths = document instanceof Problem ? document : readPaths(document);
  if (paths instanceof Problem) {
    return invalid(PREFIX + paths.message + where(paths.at));
  }
  if (paths.length > MAX_POLICY_PATHS) {
    return tooLarge(`${PREFIX}it has more than ${MAX_POLICY_PATHS} paths`);
  }
  const unread = document instanceof Problem ? undefined : document.unread;
  return ok(unread === undefined ? { paths } : { paths, unread });
}

function readPaths(document: Document): PathRule[] | Problem {
  const unknown = unknownKeys(document, TOP_LEVEL_KEYS);
  if (unknown !== undefined) return unknown;
  const paths: PathRule[] = [];
  for (const member of document.members) {
    if (member.keys[0].name === 'name') {
      const name = textOf(member.value, 'name');
      if (name instanceof Problem) return name;
      continue;
    }
    const blocks = labelledBlocks(member);
    if (blocks instanceof Problem) return blocks;
    for (const block of blocks) {
      const rule = readPathRule(block);
      if (rule instanceof Problem) return rule;
      paths.push(rule);
    }
  }
  return paths;
}
