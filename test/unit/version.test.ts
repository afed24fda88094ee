import { readFileSync } from 'node:fs';
import { parse as parseToml } from 'smol-toml';
import { expect, it } from 'vitest';
import { VERSION } from '../../src/lib/version.ts';

it.each(['package.json', 'packages/client/package.json'])(
  'the version that the server reports is that of %s',
  (path) => {
    const manifest = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(VERSION).toBe((JSON.parse(manifest) as { version: string }).version);
  },
);

it('the version that the server reports is that of the Python client', () => {
  const path = new URL('../../client/python/pyproject.toml', import.meta.url);
  const { project } = parseToml(readFileSync(path, 'utf8')) as { project: { version: string } };
  expect(VERSION).toBe(project.version);
});
