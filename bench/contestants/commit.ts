/** The Carillon of another commit, built with the packages that are installed here. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '../../src/cli/dev/bundle.ts';
import { carillonBundle } from './bundles.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Commit {
  /** As much of its hash as tells it. */
  readonly hash: string;
  readonly bundle: Bundle;
  /** Whether it was made for other packages than those that are installed. */
  readonly hasOtherPackages: boolean;
}

/** @returns the commit, or the sentence that says why it cannot be had */
export async function commitAt(ref: string): Promise<Commit | string> {
  let hash: string;
  try {
    hash = git('rev-parse', '--verify', '--short', `${ref}^{commit}`).toString().trim();
  } catch {
    return `git knows no commit ${JSON.stringify(ref)}`;
  }
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-commit-'));
  try {
    execFileSync('tar', ['-x', '-C', folder], { input: git('archive', hash) });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    return {
      hash,
      bundle: await carillonBundle(folder),
      hasOtherPackages: git('diff', '--stat', hash, '--', 'package-lock.json').length > 0,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function git(...args: string[]): Buffer {
  return execFileSync('git', args, {
    cwd: ROOT,
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
