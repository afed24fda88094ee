/** Builds the bundle that `npm run deploy` deploys, by the same command. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Bundle {
  /** The one module of the Worker. */
  readonly code: string;
  /** `wrangler.toml`, whose bindings the local server gets too. */
  readonly config: string;
}

const ENTRY = 'src/worker.ts';

interface Build {
  /** The module to bundle, from the root of the project. */
  readonly entry?: string;
  /** Ends the build. */
  readonly signal?: AbortSignal;
}

/** @returns the bundle, or the sentence that says why there is none */
export async function buildBundle({ entry = ENTRY, signal }: Build = {}): Promise<Bundle | string> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bundle-'));
  try {
    const output = await wranglerDryRun(entry, folder, signal);
    if (output !== undefined) return `the Worker cannot be built:\n${output}`;
    return {
      code: readFileSync(join(folder, `${basename(entry, '.ts')}.js`), 'utf8'),
      config: readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what wrangler printed, where it failed */
function wranglerDryRun(
  entry: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
  const args = [wrangler, 'deploy', entry, '--dry-run', '--outdir', folder];
  return new Promise((resolve) => {
    // Detached: Ctrl-C is for the server to answer, in its own time.
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', (error) => {
      // One that was started and then interrupted still writes until it has closed.
      if (child.pid === undefined) resolve(error.message);
    });
    child.once('close', (code) => resolve(code === 0 ? undefined : output.trim()));
  });
}
