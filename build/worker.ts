/** Builds the Worker with the command that deploys it, and the configuration with which the built one deploys as it is. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeLicences } from './licences.ts';
import { inProject } from './paths.ts';

const FOLDER = inProject('dist/worker');
const METAFILE = join(FOLDER, 'metafile.json');

export async function buildWorker(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  const wrangler = inProject('node_modules/wrangler/bin/wrangler.js');
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', FOLDER, '--metafile', METAFILE];
  execFileSync(process.execPath, args, {
    cwd: inProject('.'),
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
  });
  const { inputs } = JSON.parse(readFileSync(METAFILE, 'utf8')) as { inputs: object };
  writeLicences(Object.keys(inputs).map(inProject), FOLDER);
  // The map would be most of the package. `wrangler deploy` in the repository uploads it.
  const script = join(FOLDER, 'worker.js');
  writeFileSync(script, readFileSync(script, 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, ''));
  for (const name of ['README.md', 'metafile.json', 'worker.js.map']) {
    rmSync(join(FOLDER, name), { force: true });
  }
  writeFileSync(join(FOLDER, 'wrangler.toml'), configOfBuilt());
  copyFileSync(inProject('build/worker-types.d.ts'), join(FOLDER, 'worker.d.ts'));
}

function configOfBuilt(): string {
  const config = readFileSync(inProject('wrangler.toml'), 'utf8');
  const built = config.replace(/^main = .*$/m, 'main = "worker.js"\nno_bundle = true');
  if (built === config) throw new Error('wrangler.toml names no main module');
  // What is bundled already needs no options of the bundler, and the files of aliases are not in the package.
  return built
    .replace(/^#[^\n]*\n\[alias\]\n(.+\n)+\n/m, '')
    .replace(/^(minify|upload_source_maps|keep_names) = .*\n/gm, '');
}
