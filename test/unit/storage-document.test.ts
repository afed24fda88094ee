/** `docs/storage.md` says of every table how long its rows stay, and names none that there is not. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The names in the first column of the tables of a chapter that begin with this heading. */
function documented(chapter: string, heading: string): string[] {
  const [, rest = ''] = read('docs/storage.md').split(`\n## ${chapter}\n`);
  const [text = ''] = rest.split('\n## ');
  return text
    .trim()
    .split('\n\n')
    .filter((block) => block.startsWith(`| ${heading} |`))
    .flatMap((block) => block.split('\n').slice(2))
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)])
    .map(([, name = '']) => name);
}

function created(file: string): string[] {
  return [...read(file).matchAll(/\bCREATE TABLE (\w+)/g)].map(([, name = '']) => name);
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

it.each([
  ['Hubs', 'src/hub/schema.ts'],
  ['Authorities', 'src/authority/schema.ts'],
])('%s', (chapter, schema) => {
  expect(documented(chapter, 'table').sort()).toEqual(created(schema).sort());
});
