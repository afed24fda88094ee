/** `control_group`: who must authorise a request before Vault answers it. Read to know what it guards. */
import { ALL, type CapabilitySet, isCapability, NONE, setOf } from './capability.ts';
import { secondsOf } from './duration.ts';
import { type Node, type ObjectNode, Problem } from './hcl/ast.ts';
import {
  attributesOf,
  type LabelledBlock,
  labelledBlocks,
  numberOf,
  objectsOf,
  textsOf,
} from './hcl/value.ts';

/**
 * The capabilities that the control groups of a block guard: of each factor those that it names, or
 * all. Factors are checked as Vault checks them.
 */
export function guarded(
  groups: readonly Node[],
  capabilities: CapabilitySet,
): CapabilitySet | Problem {
  let set = NONE;
  for (const group of groups) {
    if (group.kind !== 'object') return new Problem('"control_group" must be a block', group.at);
    const factors = factorsOf(group);
    if (factors instanceof Problem) return factors;
    if (factors.length === 0) return new Problem('no control group factors provided', group.at);
    for (const factor of factors) {
      const controlled = controlledBy(factor, capabilities);
      if (controlled instanceof Problem) return controlled;
      set |= controlled;
    }
  }
  return set;
}

function factorsOf(group: ObjectNode): LabelledBlock[] | Problem {
  const factors: LabelledBlock[] = [];
  for (const member of group.members) {
    const [{ name }] = member.keys;
    if (name === 'ttl' && secondsOf(member.value) === undefined) {
      return new Problem('error parsing control group max ttl', member.value.at);
    }
    if (name !== 'factor') continue;
    const blocks = labelledBlocks(member);
    if (blocks instanceof Problem) return blocks;
    for (const block of blocks) factors.push(block);
  }
  return factors;
}

function controlledBy(
  { label, body }: LabelledBlock,
  capabilities: CapabilitySet,
): CapabilitySet | Problem {
  const attributes = attributesOf(body);
  if (attributes instanceof Problem) return attributes;
  const [identity] = (attributes.get('identity') ?? []).flatMap((node) => objectsOf(node) ?? []);
  if (identity === undefined) return new Problem('no control_group factor provided', label.at);
  const fault = faultOf(identity);
  if (fault !== undefined) return fault;

  const controlled = textsOf(attributes, 'controlled_capabilities');
  if (controlled instanceof Problem) return controlled;
  if (controlled.length === 0) return ALL;
  const names = controlled.map(({ text }) => text);
  const set = names.filter(isCapability).reduce((all, name) => all | setOf(name), NONE);
  if (!names.every(isCapability) || (set & ~capabilities) !== 0) {
    return new Problem(
      "control group factor capabilities must be a subset of the policy's capabilities",
      label.at,
    );
  }
  return set;
}

function faultOf(identity: ObjectNode): Problem | undefined {
  const attributes = attributesOf(identity);
  if (attributes instanceof Problem) return attributes;
  const ids = textsOf(attributes, 'group_ids');
  if (ids instanceof Problem) return ids;
  const names = textsOf(attributes, 'group_names');
  if (names instanceof Problem) return names;
  const approvals = attributes.get('approvals')?.at(-1);
  const isNumber = approvals?.kind === 'number' || approvals?.kind === 'text';
  if (ids.length + names.length > 0 && isNumber && numberOf(approvals.text) > 0) return undefined;
  return new Problem('must provide more than one identity group and approvals > 0', identity.at);
}
