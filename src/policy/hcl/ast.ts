/** What a policy's text says, in HCL or in JSON, before anything is known of what it means. */

/** Both count from 1; columns are UTF-16 code units, as editors count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Node = TextNode | NumberNode | BooleanNode | ListNode | ObjectNode;

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
  readonly at: Position;
}

export interface NumberNode {
  readonly kind: 'number';
  /** As written: where a text is wanted, a number stands for its own digits. */
  readonly text: string;
  readonly at: Position;
}

export interface BooleanNode {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly at: Position;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly at: Position;
}

export interface ObjectNode {
  readonly kind: 'object';
  readonly members: readonly Member[];
  readonly at: Position;
}

/** A whole text. */
export interface Document extends ObjectNode {
  /** Where text begins behind a document in JSON: HCL does not read it. */
  readonly unread?: Position;
}

/** `key = value`, `key { … }` or `key "label" { … }`: one key or, of a block, several. */
export interface Member {
  readonly keys: readonly [Key, ...Key[]];
  readonly value: Node;
}

export interface Key {
  readonly name: string;
  readonly at: Position;
}

/** Why a text is no policy, and where. */
export class Problem {
  readonly message: string;
  readonly at: Position;

  constructor(message: string, at: Position) {
    this.message = message;
    this.at = at;
  }
}

/** Looks the position of an offset up; of tokens it is known already, so this is for failures. */
export function positionOf(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (
    let end = text.indexOf('\n');
    end !== -1 && end < offset;
    end = text.indexOf('\n', end + 1)
  ) {
    line++;
    lineStart = end + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

export function where({ line, column }: Position): string {
  return ` on line ${line}, column ${column}`;
}
