import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION } from '../../src/lib/version.ts';

it.each(['package.json', 'packages/client/package.json'])(
  'the version that the server reports is that of %s',
  (path) => {
    const manifest = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(VERSION).toBe((JSON.parse(manifest) as { version: string }).version);
  },
);
