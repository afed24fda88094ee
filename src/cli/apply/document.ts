/**
 * Reads YAML, of which JSON is a part, and keeps where each value stands. Pure.
 *
 * No message quotes the text of the file, which may contain a secret that should not be there.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import { MAX_APPLY_DEPTH } from './limits.ts';
import type { Place, Problem } from './problem.ts';

/** The keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];

export interface ReadDocument {
  readonly value: unknown;
  /** The place of a value, of a member's key, or of the nearest value around what does not exist. */
  placeOf(path: Path): Place;
}

interface Reading {
  readonly documents: readonly ReadDocument[];
  readonly problems: readonly Problem[];
}

/** How to fix an error of the YAML reader, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: 'use single quotes, or write the backslash twice',
  BAD_SCALAR_START: 'put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'put a value that contains ": " in quotes, or correct the indentation',
  DUPLICATE_KEY: 'remove one of the two',
  MISSING_CHAR: 'close the quote or the bracket, or write the colon',
  TAB_AS_INDENT: 'indent with spaces',
};

const TOO_DEEP = `the nesting is deeper than ${MAX_APPLY_DEPTH} levels; remove levels`;

/** The first error of each document is enough: those after it often follow from it. */
export function readDocuments(file: string, text: string): Reading {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents: ReadDocument[] = [];
  const problems: Problem[] = [];
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  // A file without a document is an object with these members, not a list.
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const error = document.errors[0] ?? document.warnings[0];
    if (error !== undefined) {
      problems.push({ place: placeAt(error.pos[0]), message: messageOf(error) });
      continue;
    }
    const wrong = wrongNode(document);
    if (wrong !== undefined) {
      problems.push({ place: placeAt(wrong.offset), message: wrong.message });
      continue;
    }
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) continue;
    documents.push({
      value: document.toJS() as unknown,
      placeOf: (path) => placeAt(offsetOf(contents, path)),
    });
  }
  return { documents, problems };
}

function messageOf({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'RESOURCE_EXHAUSTION') return TOO_DEEP;
  // The reader quotes what it did not expect.
  const what = message.replace(/: ".*/s, '').replace(/^./, (letter) => letter.toLowerCase());
  const how = ADVICE[code] ?? 'correct the YAML';
  return `${what}; ${how}`;
}

interface Wrong {
  readonly offset: number;
  readonly message: string;
}

/** What YAML allows, but JSON cannot carry, or what nobody expects. */
function wrongNode(document: Document): Wrong | undefined {
  const { explicit, version } = document.directives?.yaml ?? {};
  if (explicit === true && version !== '1.2') {
    return { offset: 0, message: `YAML ${version} reads values differently; remove the directive` };
  }
  return wrongIn(document.contents, 1);
}

function wrongIn(node: unknown, depth: number): Wrong | undefined {
  const offset = startOfNode(node);
  if (depth > MAX_APPLY_DEPTH) return { offset, message: TOO_DEEP };
  if (isAlias(node)) {
    return { offset, message: 'aliases are not supported; write the value here again' };
  }
  if (isSeq(node)) return firstOf(node.items, (item) => wrongIn(item, depth + 1));
  if (isMap(node)) {
    return firstOf(node.items, ({ key, value }) => {
      if (isScalar(key) && key.value !== null) return wrongIn(value, depth + 1);
      return { offset: startOfNode(key), message: 'a key must be a text; put it in quotes' };
    });
  }
  return isScalar(node) ? wrongNumber(node.value, offset) : undefined;
}

function wrongNumber(value: unknown, offset: number): Wrong | undefined {
  if (typeof value !== 'number') return undefined;
  if (!Number.isFinite(value)) {
    return {
      offset,
      message: `${value} is not a number of JSON; put it in quotes if it is a text`,
    };
  }
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? { offset, message: 'the number would be rounded; put it in quotes' }
    : undefined;
}

function firstOf<T>(items: readonly T[], find: (item: T) => Wrong | undefined): Wrong | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function offsetOf(contents: Node, path: Path): number {
  let [offset, node]: [number, unknown] = [startOfNode(contents), contents];
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) return offset;
      [offset, node] = [startOfNode(pair.key), pair.value];
    } else if (isSeq(node) && typeof step === 'number' && node.items[step] !== undefined) {
      node = node.items[step];
      offset = startOfNode(node);
    } else {
      return offset;
    }
  }
  return offset;
}

function startOfNode(node: unknown): number {
  const { range } = (node ?? {}) as Partial<Node>;
  return range?.[0] ?? 0;
}
