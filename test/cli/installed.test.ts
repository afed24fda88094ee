import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const scratch = scratchFolder();

it('the command of an installed package says where it runs', () => {
  const installed = join(scratch, 'node_modules/carillon');
  for (const part of ['package.json', 'bin', 'src/cli/main.ts']) {
    cpSync(join(ROOT, part), join(installed, part), { recursive: true });
  }
  const command = join(installed, 'bin/carillon.js');
  const { status, stderr } = spawnSync(process.execPath, [command, '--version']);
  expect(status).toBe(1);
  expect(stderr.toString()).toMatch(/^carillon runs in a clone of its repository only, .*\n$/);
});
