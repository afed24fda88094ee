/** Reads attributes, blocks and plain values from the nodes of a syntax tree. */

import { secondsOf } from '../../lib/duration.ts';
import type { JsonObject, JsonValue } from '../../lib/json.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import type { Key, Member, Node, NumberNode, ObjectNode, StringNode } from './ast.ts';
import { invalidAt, locationText, type Parsed } from './failure.ts';

const MAX_SHOWN_KEYS = 10;

/** A block and its label: `path "secret/*" { … }`. */
export interface LabelledBlock {
  readonly label: Key;
  readonly body: ObjectNode;
}

/**
 * The blocks of a member. In HCL it is one block. In JSON the labels are the names of an object, or of several objects
 * in a list: `{"path": {"secret/*": { … }}}`.
 */
export function labelledBlocks({ keys, value }: Member): Parsed<LabelledBlock[]> {
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
    ? ok(blocks)
    : invalidAt(at, `"${name}" must be a block with one label`);
}

/** Rejects an object with other keys, and names each of them with its location. */
export function checkKeys(node: ObjectNode, known: ReadonlySet<string>): Parsed<ObjectNode> {
  const { members } = node;
  const keys = members.map(({ keys: [key] }) => key).filter(({ name }) => !known.has(name));
  const shown = keys.slice(0, MAX_SHOWN_KEYS);
  const last = shown.pop();
  if (last === undefined) return ok(node);
  const others = shown.map((key) => `${invalidKey(key)}${locationText(key.at)}; `).join('');
  return invalidAt(last.at, others + invalidKey(last));
}

function invalidKey({ name }: Key): string {
  return `invalid key ${quote(name)}`;
}

/** The node itself if it is an object, or the objects of a list; undefined if it is or has anything else. */
export function objectsOf(node: Node): ObjectNode[] | undefined {
  if (node.kind === 'object') return [node];
  if (node.kind !== 'list') return undefined;
  const objects = node.items.filter((item) => item.kind === 'object');
  return objects.length === node.items.length ? objects : undefined;
}

/** The attributes of a block by name. An attribute that is a block may occur several times. */
export type BlockAttributes = ReadonlyMap<string, readonly Node[]>;

export function attributesOf(body: ObjectNode): Parsed<BlockAttributes> {
  const attributes = new Map<string, Node[]>();
  for (const { keys, value } of body.members) {
    const [{ name }, label] = keys;
    if (label !== undefined) return invalidAt(label.at, `"${name}" takes no label`);
    const nodes = attributes.get(name);
    if (nodes === undefined) attributes.set(name, [value]);
    else nodes.push(value);
  }
  return ok(attributes);
}

/** A string, or a whole number as its digits. */
export function stringOf(node: Node, name: string): Parsed<string> {
  return isString(node) ? ok(node.text) : invalidAt(node.at, `"${name}" must be a text`);
}

function isString(node: Node): node is StringNode | NumberNode {
  return node.kind === 'string' || (node.kind === 'number' && /^-?(?:0x|\d+$)/i.test(node.text));
}

/** The strings of the lists of an attribute. */
export function stringsOf(
  attributes: BlockAttributes,
  name: string,
): Parsed<(StringNode | NumberNode)[]> {
  const strings: (StringNode | NumberNode)[] = [];
  for (const node of attributes.get(name) ?? []) {
    for (const item of node.kind === 'list' ? node.items : [node]) {
      if (item === node || !isString(item)) {
        return invalidAt(item.at, `"${name}" must be a list of texts`);
      }
      strings.push(item);
    }
  }
  return ok(strings);
}

/** HCL writes numbers in decimal, in hexadecimal after `0x`, and in octal after `0`. */
export function hclNumber(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^-/, '');
  if (/^0x/i.test(digits)) return sign * Number.parseInt(digits.slice(2), 16);
  if (/^0\d+$/.test(digits)) return sign * Number.parseInt(digits, 8);
  return sign * Number(digits);
}

/** The JSON value of a node. */
export function jsonOf(node: Node): JsonValue {
  switch (node.kind) {
    case 'string':
      return node.text;
    case 'number':
      return hclNumber(node.text);
    case 'boolean':
      return node.value;
    case 'list':
      return node.items.map(jsonOf);
    case 'object':
      return Object.fromEntries(
        node.members.map(({ keys, value }) => [keys[0].name, jsonOf(value)]),
      ) satisfies JsonObject;
  }
}

/** Go counts a duration in 64-bit nanoseconds. */
const LONGEST_SECONDS = 2 ** 63 / 1e9;

/** The seconds of a duration, with their fraction; undefined if the node is no duration. */
export function durationOf(node: Node): number | undefined {
  let seconds: number | undefined;
  if (node.kind === 'number') seconds = Math.trunc(hclNumber(node.text));
  if (node.kind === 'string') seconds = secondsOf(node.text);
  return seconds !== undefined && Math.abs(seconds) < LONGEST_SECONDS ? seconds : undefined;
}
