/** Stubs of Durable Objects are made in one place, which retries calls and says where objects are created. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src/', import.meta.url));
const NAMESPACE_METHODS = /\b(getByName|idFromName|idFromString|newUniqueId|jurisdiction)\(/;
const BINDINGS =
  /\benv\.[A-Z_]*(AUTHORITY|DESTINATION|DISPATCHER|HUB|METRICS|REGION_HEAD|RESTORATION|SHARD)\b/;

it('only objects/stubs.ts makes stubs', () => {
  const files = globSync('**/*.ts', { cwd: src }).filter((path) => {
    const text = readFileSync(`${src}${path}`, 'utf8');
    return NAMESPACE_METHODS.test(text) || BINDINGS.test(text);
  });
  expect(files).toEqual(['objects/stubs.ts']);
});

it('no other file is given a stub to keep', () => {
  const text = readFileSync(`${src}objects/stubs.ts`, 'utf8');
  const made = [...text.matchAll(/^export function \w+[^{]*?\): (.*) \{$/gm)].map(
    ([, type]) => type,
  );
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter((type) => type?.includes('Stub'))).toEqual([]);
});
