/** A document in Markdown, with its fenced blocks, as the tests read it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Folders that hold no document of the project. */
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.wrangler', '.changeset']);

export interface Document {
  /** From the root of the project: `docs/api.md`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** What must have been pasted before, from `<!-- needs: server -->`. */
  readonly needs: readonly string[];
}

export interface Block {
  readonly document: string;
  /** Of the opening fence; the first line is 1. */
  readonly line: number;
  /** `sh`, `json`; empty for a picture or a transcript. */
  readonly language: string;
  readonly attributes: Attributes;
  readonly text: string;
}

/** What follows the language; GitHub ignores it. `CONTRIBUTING.md` says what each means. */
export type Attributes = Readonly<Partial<Record<AttributeName, string>>>;

const ATTRIBUTES = [
  'name',
  'terminal',
  'until',
  'ctrl-c',
  'exit',
  'file',
  'skip',
  'with',
  'output',
] as const;
type AttributeName = (typeof ATTRIBUTES)[number];

/** Every document of the project that people read. */
export function allDocuments(): Document[] {
  return filesBelow('')
    .filter((path) => path.endsWith('.md') && !path.startsWith('test/fixtures/'))
    .sort()
    .map(readDocument);
}

export function readDocument(path: string): Document {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const needs = /^<!-- needs: (.*) -->$/m.exec(text)?.[1]?.split(', ') ?? [];
  return { path, text, blocks: blocksOf(path, text), needs };
}

/** @throws Error that names the line of a fence that is not closed or has an unknown attribute */
export function blocksOf(document: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; indent: string; block: Block; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (open !== undefined) {
      if (line.trim() === open.fence) {
        blocks.push({ ...open.block, text: `${open.lines.join('\n')}\n` });
        open = undefined;
      } else {
        open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
      }
      continue;
    }
    const [, indent = '', fence, info = ''] = /^( *)(`{3,})(.*)$/.exec(line) ?? [];
    if (fence === undefined) continue;
    const place = `${document}:${index + 1}`;
    const [, language = '', rest = ''] = /^(\S*)(.*)$/.exec(info.trim()) ?? [];
    const attributes = attributesOf(rest, place);
    const block = { document, line: index + 1, language, attributes, text: '' };
    open = { fence, indent, block, lines: [] };
  }
  if (open !== undefined) throw new Error(`${placeOf(open.block)}: the block is not closed`);
  return blocks;
}

/** `docs/api.md:12`, which terminals and editors open. */
export function placeOf({ document, line }: Block): string {
  return `${document}:${line}`;
}

function attributesOf(text: string, place: string): Attributes {
  const attributes: Partial<Record<AttributeName, string>> = {};
  const rest = text.replace(/([\w-]+)(?:="([^"]*)"|=(\S+))?/g, (_, name, quoted, bare) => {
    if (!isAttribute(name)) throw new Error(`${place}: no block has the attribute "${name}"`);
    attributes[name] = quoted ?? bare ?? '';
    return '';
  });
  if (rest.trim() !== '') throw new Error(`${place}: "${rest.trim()}" is no attribute`);
  return attributes;
}

function isAttribute(name: string): name is AttributeName {
  return ATTRIBUTES.some((known) => known === name);
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
    return SKIPPED.has(entry.name) ? [] : filesBelow(path);
  });
}
