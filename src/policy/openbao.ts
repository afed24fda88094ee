/**
 * What OpenBao's policies have and Vault's have not. What only gives OpenBao more to do is passed over,
 * with a warning. What restricts a grant is refused, because without it the rule would grant more.
 */
import { type Node, type ObjectNode, Problem } from './hcl/ast.ts';

const RESTRICTIONS: ReadonlyMap<string, string> = new Map([
  ['expiration', 'the rule would grant for ever'],
  ['list_scan_response_keys_filter_path', 'lists would have every key'],
]);

/** It bounds the pages of OpenBao's lists, which Carillon does not have. */
const PAGINATION_LIMIT = 'pagination_limit';

/** OpenBao's capability to list whatever is below a path. */
const SCAN = 'scan';

interface WithoutOpenBao {
  readonly own: ObjectNode;
  readonly passedOver: readonly string[];
  readonly problem?: Problem;
}

/** The body of a rule without what only OpenBao knows. */
export function withoutOpenBao(body: ObjectNode): WithoutOpenBao {
  const passedOver = new Set<string>();
  const members: ObjectNode['members'][number][] = [];
  for (const member of body.members) {
    const [{ name, at }] = member.keys;
    const consequence = RESTRICTIONS.get(name);
    if (consequence !== undefined) {
      const message = `"${name}" is a key of OpenBao that Carillon does not have; without it ${consequence}, so remove it or the rule`;
      return { own: body, passedOver: [], problem: new Problem(message, at) };
    }
    if (name === PAGINATION_LIMIT) passedOver.add(`"${PAGINATION_LIMIT}"`);
    else if (name === 'capabilities' && member.value.kind === 'list') {
      const items = member.value.items.filter((item) => !isScan(item));
      if (items.length < member.value.items.length) passedOver.add(`the capability "${SCAN}"`);
      members.push({ ...member, value: { ...member.value, items } });
    } else members.push(member);
  }
  return { own: { ...body, members }, passedOver: [...passedOver] };
}

function isScan(node: Node): boolean {
  return node.kind === 'text' && node.text === SCAN;
}
