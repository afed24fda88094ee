/** Everything that objects send or store has a version, and `docs/storage.md` names each. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CONTRACT_VERSION } from '../../src/objects/contract-version.ts';
import { contractDigest, recordedContracts } from '../releases/contracts.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('no contract changes after a release without another version', () => {
  const recorded = recordedContracts();
  const released = recorded[CONTRACT_VERSION];
  const versions = Object.keys(recorded).map(Number);
  expect(Math.max(...versions), 'the versions before this one were released').toBeGreaterThan(
    CONTRACT_VERSION - 2,
  );
  if (released === undefined) return;
  expect(
    contractDigest(),
    `what Workers and objects send each other is not what release ${released.release} has: raise CONTRACT_VERSION in src/objects/contract-version.ts, and see docs/storage.md`,
  ).toBe(released.digest);
});

/** The number of a constant, or how many migrations a schema has. */
async function versionIn(path: string, name: string): Promise<string | undefined> {
  if (!name.endsWith('_SCHEMA')) {
    return new RegExp(`\\b${name}(?: =|:) (\\d+)\\b`).exec(read(path))?.[1];
  }
  const module = (await import(`../../${path}`)) as Record<string, readonly unknown[]>;
  return String(module[name]?.length);
}

it('the document has the version of each format, as the code has it', async () => {
  const [, chapter = ''] = read('docs/storage.md').split('\n## Versions\n');
  const rows = [...chapter.matchAll(/^\| [^|]+ \| (\d+) \| `(\w+)` in `([\w./-]+)` \|/gm)];
  expect(rows.length).toBeGreaterThan(6);
  for (const [, version, name = '', path = ''] of rows) {
    expect(version, `${name} of ${path}`).toBe(await versionIn(path, name));
  }
  const named = rows.map(([, , name]) => name);
  expect(named).toEqual(
    expect.arrayContaining(['CONTRACT_VERSION', 'AUTHORITY_SCHEMA', 'HUB_SCHEMA']),
  );
});
