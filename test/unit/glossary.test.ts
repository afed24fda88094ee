import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

it('every file that the glossary names exists', () => {
  const glossary = readFileSync(new URL('docs/glossary.md', ROOT), 'utf8');
  const files = [...glossary.matchAll(/`(src\/[^`]+)`/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([]);
});
