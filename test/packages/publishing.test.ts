/** What the registry and the tools that check packages say about the tarballs. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';

const { tarballs } = inject('packages');
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Said {
  readonly status: number | null;
  readonly output: string;
}

function run(program: string, ...args: string[]): Said {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

const tool = (name: string) => `tools/node_modules/.bin/${name}`;

describe.each([
  ['carillon', tarballs.carillon, []],
  ['@carillon/client', tarballs.client, ['-w', '@carillon/client']],
])('%s', (_name, tarball, workspace) => {
  it('has no fault that publint finds', () => {
    const { status, output } = run(tool('publint'), tarball, '--strict');
    expect(output).toContain('All good!');
    expect(status).toBe(0);
  });

  // "esm-only": Node's `require` loads ES modules since 20.19 and 22.12. Compilers that do not know it are left out.
  it('has types that resolve as its modules do', () => {
    const { status, output } = run(tool('attw'), tarball, '--profile', 'esm-only');
    expect(status, output).toBe(0);
  });

  it('is published without a warning', () => {
    const { status, output } = run(
      'npm',
      ...['publish', '--dry-run', '--ignore-scripts', '--access', 'public', ...workspace],
    );
    // Who tests it is not logged in to the registry.
    const warnings = output
      .split('\n')
      .filter((line) => line.startsWith('npm warn') && !line.includes('logged in'));
    expect(warnings).toEqual([]);
    expect(status, output).toBe(0);
  });
});
