/** `docs/storage.md` says of every table and entry how long it stays, and names none that there is not. */
import { globSync, readFileSync } from 'node:fs';
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

/** The names of the entries that these files store. */
function keysIn(files: string, shared: readonly string[]): string[] {
  const found = globSync(files, { cwd: new URL('../../', import.meta.url) });
  return [...found, ...shared].flatMap((file) =>
    [...read(file).matchAll(/\b[A-Z_]+_KEY = '(\w+)'/g)].map(([, key = '']) => key),
  );
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

const SCHEMAS = {
  Hubs: ['src/hub/schema.ts'],
  'Region heads and shards': [
    'src/hub/shards/at-replica/page-window.ts',
    'src/hub/shards/admission/tables.ts',
  ],
  Authorities: ['src/authority/schema.ts'],
  Dispatchers: ['src/push/dispatch/schema.ts'],
  Destinations: ['src/push/destination-schema.ts', 'src/push/reading/tables.ts'],
};

it.each(Object.entries(SCHEMAS))('the tables of the chapter %s', (chapter, schemas) => {
  expect(documented(chapter, 'table').sort()).toEqual(schemas.flatMap(created).sort());
});

it('the key-value entries of dispatchers', () => {
  expect(documented('Dispatchers', 'key-value entry').sort()).toEqual(
    keysIn('src/push/dispatch/**/*.ts', ['src/objects/migrations.ts']).sort(),
  );
});

it('the key-value entries of destinations', () => {
  expect(documented('Destinations', 'key-value entry').sort()).toEqual(
    keysIn('src/push/{delivery,reading}/**/*.ts', [
      'src/push/secrets.ts',
      'src/objects/migrations.ts',
    ]).sort(),
  );
});

it('the key-value entries of hubs, region heads and shards', () => {
  const shared = ['src/objects/migrations.ts', 'src/objects/generation.ts'];
  const keys = keysIn('src/hub/**/*.ts', shared);
  const chapters = ['Hubs', 'Region heads and shards'];
  const entries = chapters.flatMap((chapter) => documented(chapter, 'key-value entry'));
  expect(entries.sort()).toEqual(keys.sort());
});
