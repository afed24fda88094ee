import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as bounds from '../../../src/client/bounds.ts';

it('the documentation of the client has every time and size with its value', () => {
  const page = readFileSync(new URL('../../../docs/client.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual({
    ...bounds,
  });
});
