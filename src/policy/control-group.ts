/** `control_group`: who must authorize a request before Vault answers it. Carillon only needs what it guards. */
import { ok } from '../lib/result.ts';
import { ALL, type CapabilitySet, isCapability, NONE, setOf } from './capability.ts';
import type { Node, ObjectNode } from './hcl/ast.ts';
import { invalidAt, type Parsed } from './hcl/failure.ts';
import {
  attributesOf,
  durationOf,
  hclNumber,
  type LabelledBlock,
  labelledBlocks,
  objectsOf,
  stringsOf,
} from './hcl/value.ts';

/**
 * The capabilities that the control groups of a block guard: those that a factor names, or all if it names none. The
 * checks are Vault's.
 */
export function guardedCapabilities(
  groups: readonly Node[],
  capabilities: CapabilitySet,
): Parsed<CapabilitySet> {
  let set = NONE;
  for (const group of groups) {
    if (group.kind !== 'object') return invalidAt(group.at, '"control_group" must be a block');
    const factors = factorsOf(group);
    if (!factors.ok) return factors;
    if (factors.value.length === 0) {
      return invalidAt(group.at, 'no control group factors provided');
    }
    for (const factor of factors.value) {
      const controlled = controlledBy(factor, capabilities);
      if (!controlled.ok) return controlled;
      set |= controlled.value;
    }
  }
  return ok(set);
}

function factorsOf(group: ObjectNode): Parsed<LabelledBlock[]> {
  const factors: LabelledBlock[] = [];
  for (const member of group.members) {
    const [{ name }] = member.keys;
    if (name === 'ttl' && durationOf(member.value) === undefined) {
      return invalidAt(member.value.at, 'error parsing control group max ttl');
    }
    if (name !== 'factor') continue;
    const blocks = labelledBlocks(member);
    if (!blocks.ok) return blocks;
    for (const block of blocks.value) factors.push(block);
  }
  return ok(factors);
}

function controlledBy(
  { label, body }: LabelledBlock,
  capabilities: CapabilitySet,
): Parsed<CapabilitySet> {
  const attributes = attributesOf(body);
  if (!attributes.ok) return attributes;
  const [identity] = (attributes.value.get('identity') ?? []).flatMap(
    (node) => objectsOf(node) ?? [],
  );
  if (identity === undefined) return invalidAt(label.at, 'no control_group factor provided');
  const checked = checkIdentity(identity);
  if (!checked.ok) return checked;

  const controlled = stringsOf(attributes.value, 'controlled_capabilities');
  if (!controlled.ok) return controlled;
  if (controlled.value.length === 0) return ok(ALL);
  const names = controlled.value.map(({ text }) => text);
  const set = names.filter(isCapability).reduce((all, name) => all | setOf(name), NONE);
  if (!names.every(isCapability) || (set & ~capabilities) !== 0) {
    return invalidAt(
      label.at,
      "control group factor capabilities must be a subset of the policy's capabilities",
    );
  }
  return ok(set);
}

function checkIdentity(identity: ObjectNode): Parsed<ObjectNode> {
  const attributes = attributesOf(identity);
  if (!attributes.ok) return attributes;
  const ids = stringsOf(attributes.value, 'group_ids');
  if (!ids.ok) return ids;
  const names = stringsOf(attributes.value, 'group_names');
  if (!names.ok) return names;
  const groups = ids.value.length + names.value.length;
  const approvals = attributes.value.get('approvals')?.at(-1);
  const isNumber = approvals?.kind === 'number' || approvals?.kind === 'string';
  return groups > 0 && isNumber && hclNumber(approvals.text) > 0
    ? ok(identity)
    : invalidAt(identity.at, 'must provide more than one identity group and approvals > 0');
}
