/** The bundle that `npm run deploy` deploys: a clone builds it with the same command, the installed package has it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ok } from '../../lib/result.ts';
import { announce, type CommandResult, failed, status } from '../command/command.ts';
import { replaceFile } from '../input/files.ts';
import { IS_CLONE, ROOT } from './installation.ts';

export interface Bundle {
  /** The one module of the Worker. */
  readonly code: string;
  /** The text of `wrangler.toml`. The local server has the same bindings. */
  readonly config: string;
}

const ENTRY = 'src/worker.ts';

/** The Worker of the installed package, as "npm run build:worker" leaves it. */
const BUILT = join(ROOT, 'dist/worker');

interface Build {
  /** The module to bundle, from the root of the project. */
  readonly entry?: string;
  /** Interrupts the build. */
  readonly signal?: AbortSignal;
}

/** The text of `wrangler.toml`. */
export function readConfig(): string {
  return readFileSync(join(IS_CLONE ? ROOT : BUILT, 'wrangler.toml'), 'utf8');
}

export async function buildBundle({
  entry = ENTRY,
  signal,
}: Build = {}): Promise<CommandResult<Bundle>> {
  if (!IS_CLONE) {
    return ok({ code: readFileSync(join(BUILT, 'worker.js'), 'utf8'), config: readConfig() });
  }
  if (entry !== ENTRY) return build(entry, signal);
  const digest = digestOfSources();
  const cached = cachedBundle(digest);
  if (cached !== undefined) return ok(cached);
  status('building the Worker (only when its sources have changed)');
  const bundle = await build(entry, signal);
  if (bundle.ok) cache({ ...bundle.value, digest });
  return bundle;
}

/** Building takes most of the time of a start, so the last bundle is cached with the digest of its sources. */
function cacheFile(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'carillon/bundle.json');
}

interface CachedBundle extends Bundle {
  readonly digest: string;
}

/** The digest of all files that determine the bundle. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const settings = ['wrangler.toml', 'package.json', 'package-lock.json'].map((name) =>
    join(ROOT, name),
  );
  for (const path of [...sources.sort(), ...settings]) {
    const content = readFileSync(path);
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

function cachedBundle(digest: string): Bundle | undefined {
  try {
    const { digest: cached, ...bundle } = JSON.parse(
      readFileSync(cacheFile(), 'utf8'),
    ) as CachedBundle;
    return cached === digest ? bundle : undefined;
  } catch {
    return undefined;
  }
}

/** If the bundle cannot be cached, the next start builds again. */
function cache(bundle: CachedBundle): void {
  try {
    mkdirSync(dirname(cacheFile()), { recursive: true });
    replaceFile(cacheFile(), JSON.stringify(bundle));
  } catch {
    // The folder is not writable, or the disk is full.
  }
}

async function build(
  entry: string,
  signal: AbortSignal | undefined,
): Promise<CommandResult<Bundle>> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bundle-'));
  try {
    const errors = await wranglerDryRun(entry, folder, signal);
    if (errors !== undefined) {
      if (signal?.aborted !== true) announce(errors);
      return failed('the Worker cannot be built; what wrangler says is above');
    }
    return ok({
      code: readFileSync(join(folder, `${basename(entry, '.ts')}.js`), 'utf8'),
      config: readConfig(),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what wrangler printed, if it failed */
function wranglerDryRun(
  entry: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
  const args = [wrangler, 'deploy', entry, '--dry-run', '--outdir', folder];
  return new Promise((resolve) => {
    // Detached, so that Ctrl-C only reaches this process.
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
      // A child that was started and interrupted still writes until it closes.
      if (child.pid === undefined) resolve(error.message);
    });
    child.once('close', (code) => resolve(code === 0 ? undefined : output.trim()));
  });
}
