/** What the registry and the tools that check packages say about the tarballs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';

const { tarballs } = inject('packages');
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const scratch = scratchFolder();

interface Said {
  readonly status: number | null;
  readonly output: string;
}

function run(program: string, args: readonly string[], cwd = ROOT): Said {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

const tool = (name: string) => `tools/node_modules/.bin/${name}`;

/**
 * Unpacks the package, with a version that nobody publishes: even a dry run is refused if the registry has the version.
 *
 * @returns its folder
 */
function unpublished(tarball: string): string {
  const folder = join(scratch, basename(tarball, '.tgz'));
  mkdirSync(folder);
  const { status, output } = run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  expect(status, output).toBe(0);
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, version: '0.0.0-dry-run' }));
  return folder;
}

describe.each([
  ['carillon', tarballs.carillon],
  ['@carillon/client', tarballs.client],
])('%s', (name, tarball) => {
  it('has no fault that publint finds', () => {
    const { status, output } = run(tool('publint'), [tarball, '--strict']);
    expect(output).toContain('All good!');
    expect(status).toBe(0);
  });

  // "esm-only": Node's `require` loads ES modules since 20.19 and 22.12. Compilers that do not know it are left out.
  it('has types that resolve as its modules do', () => {
    const { status, output } = run(tool('attw'), [tarball, '--profile', 'esm-only']);
    expect(status, output).toBe(0);
  });

  it('is published without a warning', () => {
    const { status, output } = run(
      'npm',
      ['publish', '--dry-run', '--ignore-scripts', '--access', 'public', '--tag', 'dry-run'],
      unpublished(tarball),
    );
    // Who tests it is not logged in to the registry.
    const warnings = output
      .split('\n')
      .filter((line) => line.startsWith('npm warn') && !line.includes('logged in'));
    expect(warnings).toEqual([]);
    expect(status, output).toBe(0);
    expect(output).toContain(`+ ${name}@0.0.0-dry-run`);
  });
});
