/** The links of a document and the headings that they can lead to, as GitHub renders them. */
import { posix } from 'node:path';
import type { Document } from './document.ts';

export interface Link {
  readonly line: number;
  /** As it is written. */
  readonly target: string;
  /** The file that it leads to, from the root of the project. */
  readonly path: string;
  /** The heading in it, without `#`; empty for the whole file. */
  readonly anchor: string;
}

/** Links to other places of the project. Those to other sites are not checked. */
export function linksOf({ path, text }: Document): Link[] {
  return proseLines(text).flatMap(({ line, prose }) => {
    const targets = [...prose.matchAll(/\]\(([^()\s]*(?:\([^()\s]*\))?[^()\s]*)\)/g)];
    const images = [...prose.matchAll(/\b(?:src|srcset|href)="([^"]*)"/g)];
    return [...targets, ...images]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => {
        const [file = '', anchor = ''] = target.split('#');
        const from = posix.dirname(path);
        return { line, target, path: file === '' ? path : posix.join(from, file), anchor };
      });
  });
}

/** The anchors of the headings of a document. A heading that comes again gets a number. */
export function anchorsOf({ text }: Document): Set<string> {
  const anchors = new Set<string>();
  for (const { prose } of proseLines(text, true)) {
    const heading = /^#{1,6} +(.*?) *#*$/.exec(prose)?.[1];
    if (heading === undefined) continue;
    const anchor = anchorOf(heading);
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  for (const [, name = ''] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(name);
  return anchors;
}

function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** The lines outside fenced blocks, without their inline code unless a heading has it. */
function proseLines(text: string, withCode = false): { line: number; prose: string }[] {
  let fence = '';
  return text.split('\n').flatMap((line, index) => {
    const marks = /^ *(`{3,})/.exec(line)?.[1];
    if (marks !== undefined && (fence === '' || line.trim() === fence)) {
      fence = fence === '' ? marks : '';
      return [];
    }
    if (fence !== '') return [];
    const prose = withCode ? line : line.replace(/`[^`]*`/g, '``');
    return [{ line: index + 1, prose }];
  });
}
