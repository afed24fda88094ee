/** Builds the command line from `src/cli`, for every Node that the package supports. */
import { rmSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { writeLicences } from './licences.ts';
import { inProject } from './paths.ts';

const FOLDER = inProject('dist/cli');

export async function buildCli(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  const build = await rolldown({
    // The guard of the local server runs as a process of its own.
    input: { main: inProject('src/cli/main.ts'), guard: inProject('src/cli/dev/guard.ts') },
    platform: 'node',
    // A binary, and two packages that `ws` uses if they are there.
    external: ['workerd', 'bufferutil', 'utf-8-validate'],
    transform: { target: 'node20.12' },
  });
  const { output } = await build.write({ dir: FOLDER, chunkFileNames: '[name].js' });
  writeLicences(
    output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : [])),
    FOLDER,
  );
}
