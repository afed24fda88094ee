/** What `npm run typecheck` cannot see, because the tests and the benchmark run on a newer Node. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const scratch = scratchFolder();

it('the command line uses only what Node 20 has', () => {
  const config = {
    extends: join(ROOT, 'src/cli/tsconfig.json'),
    compilerOptions: {
      // The tools have the types of Node 20.
      typeRoots: [join(ROOT, 'tools/node_modules/@types')],
      incremental: false,
    },
    include: [join(ROOT, 'src/cli')],
  };
  writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const compiled = spawnSync(process.execPath, [tsc, '-p', scratch], { encoding: 'utf8' });
  expect(compiled).toMatchObject({ stdout: '', stderr: '', status: 0 });
});
