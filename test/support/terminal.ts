/** Runs the `carillon` command at a terminal, by `script` of Linux. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));

export const hasTerminal =
  process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

/** Starts the command. What it prints on both streams, as the terminal shows it, is on standard output. */
export function startAtTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ChildProcessByStdio<Writable, Readable, null> {
  const line = [process.execPath, COMMAND, ...args].map((word) => `'${word}'`).join(' ');
  return spawn('script', ['-qec', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, VAULT_TOKEN: undefined, ...env },
  });
}
