import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { allDocuments, blocksOf, type Document, ROOT } from './document.ts';
import { anchorsOf, linksOf } from './links.ts';

const documents = allDocuments();
const byPath = new Map(documents.map((document) => [document.path, document]));

/** What GitHub, npm or coding assistants open without a link from the README. */
const FOUND_WITHOUT_A_LINK = [/^README\.md$/, /^AGENTS\.md$/, /^\.github\//];

it('every link leads to a file, and to a heading of it', () => {
  const broken = documents.flatMap((document) =>
    linksOf(document).flatMap(({ line, target, path, anchor }) => {
      if (!existsSync(join(ROOT, path)))
        return [`${document.path}:${line} ${target}: no such file`];
      const linked = byPath.get(path);
      if (anchor === '' || linked === undefined || anchorsOf(linked).has(anchor)) return [];
      return [`${document.path}:${line} ${target}: no such heading`];
    }),
  );
  expect(broken).toEqual([]);
});

it('links lead from the README to every document', () => {
  const reached = new Set(['README.md']);
  for (const path of reached) {
    for (const link of linksOf(byPath.get(path) ?? documentOf(path, ''))) {
      // A link to a folder shows its README.
      reached.add(link.path).add(join(link.path, 'README.md'));
    }
  }
  const unreached = documents
    .map(({ path }) => path)
    .filter((path) => !FOUND_WITHOUT_A_LINK.some((pattern) => pattern.test(path)));
  expect(unreached.filter((path) => !reached.has(path))).toEqual([]);
});

it('reads links in prose, and none in code', () => {
  const text = 'See [a](b.md#c), `[x](y)` and <img src="d.svg">.\n\n```\n[e](f)\n```\n[g](#h)\n';
  expect(linksOf(documentOf('docs/z.md', text)).map(({ path, anchor }) => [path, anchor])).toEqual([
    ['docs/b.md', 'c'],
    ['docs/d.svg', ''],
    ['docs/z.md', 'h'],
  ]);
});

it('makes the anchors that GitHub makes', () => {
  const text =
    '# `POST|PUT sys/events/ticket`\n## How: it works?\n## How: it works?\n```\n# no\n```\n';
  expect([...anchorsOf(documentOf('a.md', text))]).toEqual([
    'postput-syseventsticket',
    'how-it-works',
    'how-it-works-1',
  ]);
});

function documentOf(path: string, text: string): Document {
  return { path, text, blocks: blocksOf(path, text), needs: [] };
}
