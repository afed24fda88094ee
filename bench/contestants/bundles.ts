/** The bundles of the contestants that run in workerd, each built once. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bundle } from '../../src/cli/dev/bundle.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The Carillon of a folder: this one, or that of another commit. */
export function carillonBundle(root: string = ROOT): Promise<Bundle> {
  return bundleOf(root, 'wrangler.toml', 'worker.js');
}

/** @param name `raw` or `party` */
export function contestantBundle(name: 'raw' | 'party'): Promise<Bundle> {
  return bundleOf(FOLDER, `wrangler.${name}.toml`, `${name}.js`);
}

async function bundleOf(folder: string, config: string, module: string): Promise<Bundle> {
  const output = mkdtempSync(join(tmpdir(), 'carillon-bench-bundle-'));
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
  try {
    await promisify(execFile)(
      process.execPath,
      [wrangler, 'deploy', '--config', config, '--dry-run', '--outdir', output],
      {
        cwd: folder,
        env: {
          ...process.env,
          WRANGLER_SEND_METRICS: 'false',
          CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        },
      },
    );
    return {
      code: readFileSync(join(output, basename(module)), 'utf8'),
      config: readFileSync(join(folder, config), 'utf8'),
    };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
