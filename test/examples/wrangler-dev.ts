/** Runs `wrangler dev`, with one Worker or several that call each other. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTime } from '../support/in-time.ts';
import { ROOT } from './support.ts';

const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');

/** Wrangler bundles before it listens. */
export const PATIENCE_MS = 120_000;

export interface WranglerDev {
  /** Of the first Worker. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * @param configs of the Workers; requests go to the first
 * @param folder for the state and the log of Wrangler
 */
export async function startWranglerDev(
  configs: readonly string[],
  folder: string,
  args: readonly string[] = [],
): Promise<WranglerDev> {
  const child = spawn(
    process.execPath,
    [
      ...[WRANGLER, 'dev', ...configs.flatMap((config) => ['--config', config])],
      ...['--port', '0', '--inspector-port', '0', '--persist-to', stateIn(folder)],
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: environment(folder) },
  );
  let output = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  const ready = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = /Ready on (http:\/\/\S+)/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
    }
  });
  const address = await inTime(ready, PATIENCE_MS, () => {
    child.kill('SIGKILL');
    return new Error(`wrangler is not ready:\n${output}`);
  });
  return {
    address,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Applies the migrations of an example's database, as its document says. */
export function migrate(config: string, database: string, folder: string): void {
  const args = ['d1', 'migrations', 'apply', database, '--local', '--config', config];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [WRANGLER, ...args, '--persist-to', stateIn(folder)],
    { encoding: 'utf8', env: { ...environment(folder), CI: 'true' } },
  );
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
}

/**
 * The configuration of Carillon with a binding more, in a folder of the test, with its secrets beside it.
 *
 * @param variables that replace those of `wrangler.toml`
 */
export function carillonConfig(
  folder: string,
  block: string,
  variables: Readonly<Record<string, string>>,
): string {
  let config = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8').replace(
    /"(src\/worker\.ts|\.\/build\/[\w-]+\.ts)"/g,
    (_, path: string) => JSON.stringify(join(ROOT, path)),
  );
  for (const [name, value] of Object.entries(variables)) {
    config = config.replace(new RegExp(`^${name} = .*$`, 'm'), () => `${name} = '${value}'`);
  }
  return configIn(join(folder, 'carillon'), `${config}\n${block}`, {
    ROOT_TOKEN: 'root',
    SOURCE_KEY: Buffer.alloc(32, 'a key of a test').toString('base64'),
  });
}

/**
 * A Worker that takes the requests: those below `/of/<name>` for an example, all others for Carillon. Only one of several Workers
 * of `wrangler dev` has an address.
 *
 * @param services the Workers, by name
 */
export function frontConfig(folder: string, services: Readonly<Record<string, string>>): string {
  const file = join(folder, 'front.js');
  writeFileSync(
    file,
    `export default {
      fetch(request, env) {
        const [, name] = /^\\/of\\/(\\w+)/.exec(new URL(request.url).pathname) ?? [];
        return (env[name] ?? env.carillon).fetch(request);
      },
    };`,
  );
  const bindings = Object.entries({ ...services, carillon: 'carillon' }).map(
    ([binding, service]) => `[[services]]\nbinding = "${binding}"\nservice = "${service}"\n`,
  );
  const config = `name = "front"\nmain = ${JSON.stringify(file)}\ncompatibility_date = "2026-08-15"\n`;
  return configIn(join(folder, 'front'), `${config}${bindings.join('')}`, {});
}

/** The configuration of an example in a folder of the test, changed. */
export function exampleConfig(
  folder: string,
  name: string,
  change: (config: string) => string,
  secrets: Readonly<Record<string, string>> = {},
): string {
  const example = join(ROOT, 'examples', name);
  const config = readFileSync(join(example, 'wrangler.toml'), 'utf8')
    .replace('main = "worker.ts"', `main = ${JSON.stringify(join(example, 'worker.ts'))}`)
    .replace(
      /^database_id = .*$/m,
      `database_id = "local"\nmigrations_dir = ${JSON.stringify(join(example, 'migrations'))}`,
    );
  return configIn(join(folder, name), change(config), secrets);
}

function configIn(
  folder: string,
  config: string,
  secrets: Readonly<Record<string, string>>,
): string {
  mkdirSync(folder, { recursive: true });
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, '.dev.vars'), lines.join(''), { mode: 0o600 });
  const file = join(folder, 'wrangler.toml');
  writeFileSync(file, config);
  return file;
}

function stateIn(folder: string): string {
  return join(folder, 'state');
}

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_LOG_PATH: join(folder, 'logs'),
  };
}
