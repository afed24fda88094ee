import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** What `npm run test:faults` printed, and how it ended. */
function run(...args: string[]): Promise<{ code: number | string | undefined; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) => {
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
