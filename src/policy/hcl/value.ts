/** From the nodes of a document to what an attribute is meant to hold. */
import type { JsonObject, JsonValue } from '../../lib/json.ts';
import { quote } from '../../lib/quote.ts';
import {
  type Key,
  type Member,
  type Node,
  type NumberNode,
  type ObjectNode,
  Problem,
  type TextNode,
  where,
} from './ast.ts';

const MAX_SHOWN_KEYS = 10;

/** A block and its label: `path "secret/*" { … }`. */
export interface LabelledBlock {
  readonly label: Key;
  readonly body: ObjectNode;
}

/**
 * The blocks that a member stands for: one in HCL. In JSON the labels are the names of an object, or
 * of several objects in a list: `{"path": {"secret/*": { … }}}`.
 */
export function labelledBlocks({ keys, value }: Member): LabelledBlock[] | Problem {
  const [{ name, at }, ...labels] = keys;
  const labelled =
    labels.length > 0
      ? [{ keys: labels, value }]
      : objectsOf(value)?.flatMap(({ members }) => members);
  const blocks: LabelledBlock[] = [];
  for (const { keys, value: body } of labelled ?? []) {
    const [label, ...surplus] = keys;
    if (label !== undefined && surplus.length === 0 && body.kind === 'object') {
      blocks.push({ label, body });
    }
  }
  return blocks.length === labelled?.length
    ? blocks
    : new Problem(`"${name}" must be a block with one label`, at);
}

/** Every key that is none of these; each says where it is. */
export function unknownKeys(
  { members }: ObjectNode,
  known: ReadonlySet<string>,
): Problem | undefined {
  const keys = members.map(({ keys: [key] }) => key).filter(({ name }) => !known.has(name));
  const shown = keys.slice(0, MAX_SHOWN_KEYS);
  const last = shown.pop();
  if (last === undefined) return undefined;
  const others = shown.map((key) => `${invalidKey(key)}${where(key.at)}; `).join('');
  return new Problem(others + invalidKey(last), last.at);
}

function invalidKey({ name }: Key): string {
  return `invalid key ${quote(name)}`;
}

/** The object that a node is, or the objects that it lists; undefined where it has anything else. */
export function objectsOf(node: Node): ObjectNode[] | undefined {
  if (node.kind === 'object') return [node];
  if (node.kind !== 'list') return undefined;
  const objects = node.items.filter((item) => item.kind === 'object');
  return objects.length === node.items.length ? objects : undefined;
}

/** The attributes of a block by name; of those that are blocks themselves there may be several. */
export type Attributes = ReadonlyMap<string, readonly Node[]>;

export function attributesOf(body: ObjectNode): Attributes | Problem {
  const attributes = new Map<string, Node[]>();
  for (const { keys, value } of body.members) {
    const [{ name }, label] = keys;
    if (label !== undefined) return new Problem(`"${name}" takes no label`, label.at);
    const nodes = attributes.get(name);
    if (nodes === undefined) attributes.set(name, [value]);
    else nodes.push(value);
  }
  return attributes;
}

/** A text; a whole number stands for its digits. */
export function textOf(node: Node, name: string): string | Problem {
  return isText(node) ? node.text : new Problem(`"${name}" must be a text`, node.at);
}

function isText(node: Node): node is TextNode | NumberNode {
  return node.kind === 'text' || (node.kind === 'number' && /^-?(?:0x|\d+$)/i.test(node.text));
}

/** The texts of the lists that an attribute is set to. */
export function textsOf(attributes: Attributes, name: string): (TextNode | NumberNode)[] | Problem {
  const texts: (TextNode | NumberNode)[] = [];
  for (const node of attributes.get(name) ?? []) {
    for (const item of node.kind === 'list' ? node.items : [node]) {
      if (item === node || !isText(item)) {
        return new Problem(`"${name}" must be a list of texts`, item.at);
      }
      texts.push(item);
    }
  }
  return texts;
}

/** The value of a number as HCL writes it: decimal, `0x` and `0` before octal digits. */
export function numberOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^-/, '');
  if (/^0x/i.test(digits)) return sign * Number.parseInt(digits.slice(2), 16);
  if (/^0\d+$/.test(digits)) return sign * Number.parseInt(digits, 8);
  return sign * Number(digits);
}

/** The plain value that a node says. */
export function plainOf(node: Node): JsonValue {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'number':
      return numberOf(node.text);
    case 'boolean':
      return node.value;
    case 'list':
      return node.items.map(plainOf);
    case 'object':
      return Object.fromEntries(
        node.members.map(({ keys, value }) => [keys[0].name, plainOf(value)]),
      ) satisfies JsonObject;
  }
}
