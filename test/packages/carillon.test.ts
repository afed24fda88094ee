/** `carillon` as it is installed from its tarball: the command line, the local server and the Worker. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';
import { environment, NODES, problemsIn } from './installed.ts';

const { project, oldest } = inject('packages');
const installed = join(project, 'node_modules/carillon');
const scratch = scratchFolder();
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');

const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

/** Runs a program to its end. */
const finished = promisify(execFile);

describe.each(NODES)('on Node %s, npx carillon', (node) => {
  const npx = (...args: string[]) =>
    finished('npx', ['--no-install', 'carillon', ...args], {
      cwd: project,
      env: environment(node),
    });

  it('prints its version', async () => {
    expect(await npx('--version')).toEqual({ stdout: `carillon ${VERSION}\n`, stderr: '' });
  });

  it('prints its help', async () => {
    const { stdout } = await npx('--help');
    expect(stdout).toMatch(/^Usage: carillon <command> \[options\]$/m);
    expect(stdout).toMatch(/^ +dev +\S/m);
  });

  it('runs a server, publishes, and subscribes, until Ctrl-C', { timeout: 120_000 }, async () => {
    const server = started(node, ['dev', '--port', '0', '--root-token', 'root-of-the-test']);
    const [banner, address = ''] = await server.printed(/export VAULT_ADDR=(\S+)[\s\S]+curl .*\n/);
    // The package has no wscat.
    expect(banner).toMatch(
      /^ *VAULT_ADDR=\S+ VAULT_TOKEN=\S+ npx carillon events subscribe 'kv\*'$/m,
    );
    const env = { VAULT_ADDR: address, VAULT_TOKEN: 'root-of-the-test' };

    const publishing = started(node, ['events', 'publish', 'deploy/finished', 'path=web'], env);
    expect(await publishing.ended).toBe(0);
    const subscriber = started(
      node,
      ['events', 'subscribe', '--since', 'earliest', '--timeout', '60s', 'deploy/*'],
      env,
    );
    const [frame = ''] = await subscriber.printed(/^\{.*\}$/m);
    expect(JSON.parse(frame)).toMatchObject({
      data: { event_type: 'deploy/finished', event: { metadata: { path: 'web' } } },
    });
    subscriber.child.kill('SIGINT');
    await subscriber.ended;

    server.child.kill('SIGINT');
    expect(await server.ended).toBe(0);
  });
});

it('without workerd all commands work but the local server, which says why', async () => {
  const folder = join(scratch, 'alone/node_modules/carillon');
  cpSync(installed, folder, { recursive: true });
  const command = join(folder, 'bin/carillon.js');
  const { stdout } = await finished(process.execPath, [command, 'version']);
  expect(stdout).toBe(`carillon ${VERSION}\n`);
  await expect(finished(process.execPath, [command, 'dev', '--port', '0'])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'carillon: the local server needs workerd, which is not installed',
    ),
  });
});

/** Starts the command as its link in `node_modules/.bin` does, so that it can be interrupted. */
function started(node: string, args: string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn('node', [join(installed, 'bin/carillon.js'), ...args], {
    cwd: project,
    env: { ...environment(node), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      child.emit('printed');
    });
  }
  async function printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(output);
      if (found !== null) return found;
      const code = await Promise.race([ended, once(child, 'printed').then(() => undefined)]);
      if (code !== undefined && !pattern.test(output)) {
        throw new Error(`carillon ${args.join(' ')} ended with ${code}:\n${output}`);
      }
    }
  }
  return { child, ended, printed };
}

it('a clone on a Node that runs no TypeScript says how to run the command', async () => {
  const failure = await finished('node', [join(ROOT, 'bin/carillon.js')], {
    env: environment(oldest),
  }).catch((error) => error);
  expect(failure).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      new RegExp(`^carillon: in a clone, .* started with ${RegExp.escape(oldest)}\\. .*\\n$`),
    ),
  });
});

describe('the package', () => {
  it('holds what was built, and neither sources nor tests', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'docs',
      'package.json',
      'proto',
    ]);
    expect(readdirSync(join(installed, 'dist')).sort()).toEqual(['cli', 'worker']);
    expect(readdirSync(join(installed, 'dist/worker')).sort()).toEqual([
      'THIRD-PARTY-LICENSES.md',
      'worker.d.ts',
      'worker.js',
      'wrangler.toml',
    ]);
  });

  it('says how to install it, if it was not built', async () => {
    const unbuilt = join(scratch, 'node_modules/carillon');
    for (const part of ['bin', 'package.json']) {
      cpSync(join(installed, part), join(unbuilt, part), { recursive: true });
    }
    const failure = await finished(process.execPath, [join(unbuilt, 'bin/carillon.js')]).catch(
      (error) => error,
    );
    expect(failure).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^carillon: this package of carillon was not built, .*\n$/),
    });
  });

  it('needs only workerd', () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies: object;
    };
    expect(Object.keys(dependencies)).toEqual(['workerd']);
  });

  it.each(['cli', 'worker'])('has the licences of the code in dist/%s', (part) => {
    const file = join(installed, 'dist', part, 'THIRD-PARTY-LICENSES.md');
    const licences = readFileSync(file, 'utf8');
    for (const name of ['protobufjs', 'cloudevents', part === 'cli' ? 'ws' : 'hono']) {
      expect(licences).toMatch(
        new RegExp(`^## ${name} \\d+\\.\\S+ \\(.+\\)\\n\\n\`\`\`\\n.*\\S`, 'm'),
      );
    }
  });
});

describe('the Worker of the package', () => {
  const deploy = (...args: string[]) =>
    finished(process.execPath, [WRANGLER, 'deploy', '--dry-run', ...args], {
      cwd: project,
      env: {
        ...environment(process.versions.node),
        WRANGLER_SEND_METRICS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
    });
  const BINDINGS = /env\.AUTHORITY \(Authority\).*env\.HUB \(Hub\).*env\.WILDCARD_HUB/s;

  it('deploys as it is, with its own configuration', async () => {
    const { stdout, stderr } = await deploy(
      ...['--config', 'node_modules/carillon/dist/worker/wrangler.toml'],
      ...['--name', 'my-carillon', '--var', 'CLUSTER_NAME:mine'],
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(BINDINGS);
    // Only the Worker is uploaded.
    expect(stdout).not.toContain('Attaching additional modules');
  });

  it('deploys with a copy of its configuration, as docs/deploy.md says', async () => {
    const guide = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8');
    const [, main = ''] = /^main = "(node_modules\/.*)"$/m.exec(guide) ?? [];
    const config = readFileSync(join(installed, 'dist/worker/wrangler.toml'), 'utf8');
    writeFileSync(join(project, 'wrangler.toml'), config.replace('"worker.js"', `"${main}"`));
    const { stdout, stderr } = await deploy();
    expect(stderr).toBe('');
    expect(stdout).toMatch(BINDINGS);
  });

  it('deploys as part of a Worker of your own', async () => {
    const config = readFileSync(join(installed, 'dist/worker/wrangler.toml'), 'utf8');
    writeFileSync(
      join(project, 'wrangler.toml'),
      config.replace('main = "worker.js"\nno_bundle = true', 'main = "own-worker.ts"'),
    );
    const own =
      "export { Authority, default, Destination, Dispatcher, Hub, Metrics, RegionHead, Restoration, Shard, WildcardHub } from 'carillon/worker';\n";
    writeFileSync(join(project, 'own-worker.ts'), own);
    expect(problemsIn(['own-worker.ts'], { module: 'bundler' })).toBe('');
    const { stdout, stderr } = await deploy('--outdir', 'deployed');
    expect(stderr).toBe('');
    expect(stdout).toMatch(BINDINGS);
    const built = readFileSync(join(project, 'deployed/own-worker.js'), 'utf8');
    expect(built).toMatch(/export \{[^}]*\bWildcardHub\b[^}]*\bdefault\b/);
  });
});
