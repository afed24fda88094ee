import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

/** From the root of the repository. */
const files = ['src', 'test'].flatMap((folder) =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
);
const sources = files.filter((file) => file.startsWith('src/'));

/** A name may leave out the first folders. */
function missingFilesIn(document: string): string[] {
  const text = readFileSync(new URL(document, ROOT), 'utf8');
  const names = Array.from(text.matchAll(/`([\w./-]+\.ts)`/g), ([, name = '']) => name);
  return names.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)));
}

describe('a file that is named exists', () => {
  it.each(['docs/architecture.md', 'docs/glossary.md'])('in %s', (document) => {
    expect(missingFilesIn(document)).toEqual([]);
  });

  it('in the comments of the source', () => {
    const missing = sources.map((file) => [file, missingFilesIn(file)] as const);
    expect(missing.filter(([, names]) => names.length > 0)).toEqual([]);
  });
});
