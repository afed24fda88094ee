/** The syntax tree of a policy, in HCL or in JSON. Keys and values have no meaning here. */
import type { Location } from './failure.ts';

export type Node = StringNode | NumberNode | BooleanNode | ListNode | ObjectNode;

export interface StringNode {
  readonly kind: 'string';
  readonly text: string;
  readonly at: Location;
}

export interface NumberNode {
  readonly kind: 'number';
  /** The digits as written: HCL also accepts a number as a string. */
  readonly text: string;
  readonly at: Location;
}

interface BooleanNode {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly at: Location;
}

interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly at: Location;
}

export interface ObjectNode {
  readonly kind: 'object';
  readonly members: readonly Member[];
  readonly at: Location;
}

export interface Document extends ObjectNode {
  /** Where text follows the end of a JSON document: HCL ignores it. */
  readonly unread?: Location;
}

/** `key = value`, `key { … }` or `key "label" { … }`: the labels of a block are further keys. */
export interface Member {
  readonly keys: readonly [Key, ...Key[]];
  readonly value: Node;
}

export interface Key {
  readonly name: string;
  readonly at: Location;
}
