/** Paths with values of the token's identity: `secret/{{identity.entity.name}}/*`. */
import type { Identity, Subject } from './identity.ts';

export interface Template {
  /** The text around the selectors: one more than there are selectors. */
  readonly literals: readonly [string, ...string[]];
  readonly selectors: readonly string[];
}

interface Rendered {
  readonly text: string;
  /** Whether a value contains a `*` or a `+`. The person who chose the value must not widen the rule with it. */
  readonly hasForeignWildcard: boolean;
}

/** @returns undefined if the braces of the path are unbalanced */
export function parseTemplate(path: string): Template | undefined {
  const [head = '', ...pieces] = path.split('{{');
  if (head.includes('}}')) return undefined;
  const literals: [string, ...string[]] = [head];
  const selectors: string[] = [];
  for (const piece of pieces) {
    const [selector = '', literal, ...surplus] = piece.split('}}');
    if (literal === undefined || surplus.length > 0) return undefined;
    selectors.push(selector.trim());
    literals.push(literal);
  }
  return { literals, selectors };
}

/** @returns undefined if a value is missing or empty: the rule then applies to no path */
export function renderTemplate(
  template: Template,
  identity: Identity | undefined,
): Rendered | undefined {
  const [head, ...literals] = template.literals;
  let text = head;
  let hasForeignWildcard = false;
  for (const [index, selector] of template.selectors.entries()) {
    const value = identityValue(selector, identity);
    if (value === undefined || value === '') return undefined;
    hasForeignWildcard ||= /[*+]/.test(value);
    text += value + literals[index];
  }
  return { text, hasForeignWildcard };
}

/** The value that a selector such as `identity.entity.name` selects. */
export function identityValue(
  selector: string,
  identity: Identity | undefined,
): string | undefined {
  if (identity === undefined) return undefined;
  const [root, kind, ...rest] = selector.split('.');
  if (root !== 'identity') return undefined;
  const [first, second, ...names] = rest;
  if (kind === 'groups') {
    const group = identity.groups.find(
      ({ id, name }) => second === (first === 'ids' ? id : first === 'names' ? name : undefined),
    );
    return second === undefined ? undefined : fieldOf(group, names);
  }
  if (kind !== 'entity') return undefined;
  if (first !== 'aliases') return fieldOf(identity.entity, rest);
  return second === undefined ? undefined : fieldOf(own(identity.entity.aliases, second), names);
}

/** `id`, `name` or `metadata.<key>`. The key may have dots. */
function fieldOf(
  subject: Subject | undefined,
  [field, ...key]: readonly string[],
): string | undefined {
  if (subject === undefined) return undefined;
  if (field === 'metadata') return own(subject.metadata, key.join('.'));
  if (key.length > 0) return undefined;
  return field === 'id' ? subject.id : field === 'name' ? subject.name : undefined;
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
