/** Builds the bundle that `npm run deploy` deploys, by the same command. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '../files.ts';

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

/** The text of `wrangler.toml`. */
export function readConfig(): string {
  return readFileSync(join(ROOT, 'wrangler.toml'), 'utf8');
}

/** @returns the bundle, or the sentence that says why there is none */
export async function buildBundle({ entry = ENTRY, signal }: Build = {}): Promise<Bundle | string> {
  if (entry !== ENTRY) return build(entry, signal);
  const digest = digestOfSources();
  const known = knownBundle(digest);
  if (known !== undefined) return known;
  const bundle = await build(entry, signal);
  if (typeof bundle !== 'string') keep({ ...bundle, digest });
  return bundle;
}

/** Building takes most of the time of a start, so the last bundle is kept with what it was made of. */
function keptFile(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'carillon/bundle.json');
}

interface KeptBundle extends Bundle {
  readonly digest: string;
}

/** Of everything that a bundle is made of. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  // An installed package has no lock of its own, and its dependencies do not change below it.
  const settings = ['wrangler.toml', 'package.json', 'package-lock.json']
    .map((name) => join(ROOT, name))
    .filter((path) => existsSync(path));
  for (const path of [...sources.sort(), ...settings]) {
    const content = readFileSync(path);
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

function knownBundle(digest: string): Bundle | undefined {
  try {
    const { digest: kept, ...bundle } = JSON.parse(readFileSync(keptFile(), 'utf8')) as KeptBundle;
    return kept === digest ? bundle : undefined;
  } catch {
    return undefined;
  }
}

/** Where it cannot be kept, the next start builds again. */
function keep(bundle: KeptBundle): void {
  try {
    mkdirSync(dirname(keptFile()), { recursive: true });
    replaceFile(keptFile(), JSON.stringify(bundle));
  } catch {
    // Somebody else's folder, or no room.
  }
}

async function build(entry: string, signal: AbortSignal | undefined): Promise<Bundle | string> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bundle-'));
  try {
    const output = await wranglerDryRun(entry, folder, signal);
    if (output !== undefined) return `the Worker cannot be built:\n${output}`;
    return {
      code: readFileSync(join(folder, `${basename(entry, '.ts')}.js`), 'utf8'),
      config: readConfig(),
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
      env: {
        ...process.env,
        // A build needs no secret.
        ROOT_TOKEN: undefined,
        WRANGLER_SEND_METRICS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
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
