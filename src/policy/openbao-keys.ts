/**
 * Keys that OpenBao's policies have and Vault's do not. A key that adds features of OpenBao is ignored with a warning.
 * A key that restricts a grant is rejected, because the rule would grant more without it.
 */
import { ok } from '../lib/result.ts';
import type { Node, ObjectNode } from './hcl/ast.ts';
import { invalidAt, type Parsed } from './hcl/failure.ts';

const RESTRICTIONS: ReadonlyMap<string, string> = new Map([
  ['expiration', 'the rule would grant for ever'],
  ['list_scan_response_keys_filter_path', 'lists would have every key'],
]);

/** Limits the pages of OpenBao's lists. Carillon's lists have no pages. */
const PAGINATION_LIMIT = 'pagination_limit';

/** OpenBao's capability to list everything below a path. */
const SCAN = 'scan';

interface WithoutOpenBao {
  readonly body: ObjectNode;
  readonly ignored: readonly string[];
}

export function withoutOpenBao(body: ObjectNode): Parsed<WithoutOpenBao> {
  const ignored = new Set<string>();
  const members: ObjectNode['members'][number][] = [];
  for (const member of body.members) {
    const [{ name, at }] = member.keys;
    const consequence = RESTRICTIONS.get(name);
    if (consequence !== undefined) {
      const message = `"${name}" is a key of OpenBao that Carillon does not have; without it ${consequence}, so remove it or the rule`;
      return invalidAt(at, message);
    }
    if (name === PAGINATION_LIMIT) ignored.add(`"${PAGINATION_LIMIT}"`);
    else if (name === 'capabilities' && member.value.kind === 'list') {
      const items = member.value.items.filter((item) => !isScanCapability(item));
      if (items.length < member.value.items.length) ignored.add(`the capability "${SCAN}"`);
      members.push({ ...member, value: { ...member.value, items } });
    } else members.push(member);
  }
  return ok({ body: { ...body, members }, ignored: [...ignored] });
}

function isScanCapability(node: Node): boolean {
  return node.kind === 'string' && node.text === SCAN;
}
