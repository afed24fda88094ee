import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** A run that fails leaves what the server stored. */
const env = { ...process.env, TMPDIR: scratchFolder() };

/** What `npm run test:faults` printed, and how it ended. */
function run(...args: string[]): Promise<{ code: number | string | undefined; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? undefined);
      resolve({ code, output: stdout + stderr });
    });
  });
}

it('an event that a shard does not deliver is found', async () => {
  const { code, output } = await run('--sabotage', '--seconds', '10', '--kills', '0');
  expect(code, output).toBe(1);
  expect(output).toMatch(/^lost [1-9]/m);
}, 300_000);

it('an event that a hub does not show a destination is found', async () => {
  const few = ['--sabotage', '--seconds', '6', '--kills', '0', '--every', '0.3', '--rate', '40'];
  const { code, output } = await run('--destinations', ...few);
  expect(code, output).toBe(1);
  expect(output).toMatch(/^lost [1-9]/m);
}, 300_000);
