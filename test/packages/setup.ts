/**
 * Packs both packages as a release does, and installs the tarballs in an empty project without development dependencies.
 * Needs the npm registry, for workerd, `ws` and other versions of Node.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import packageJson from '../../package.json' with { type: 'json' };

const { devDependencies, engines } = packageJson;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The releases of Node that the packages are tested on, beside the one that runs the tests. */
const OLDEST = `${engines.node.replace('>=', '')}.0`;
/** The npm that came with it: newer ones warn that it is too old. */
const NPM_OF_OLDEST = '10.5.0';
/** The first that loads ES modules with `require`. */
const REQUIRING = '20.19.0';
const NODES = [OLDEST, REQUIRING, '22.23.3'];

interface Packages {
  /** The tarballs of `carillon` and of `@carillon/client`. */
  readonly tarballs: { readonly carillon: string; readonly client: string };
  /** A project in which both are installed. */
  readonly project: string;
  /** For each version of Node, the folder with its `node`. */
  readonly nodes: Readonly<Record<string, string>>;
  /** The oldest of them. */
  readonly oldest: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    packages: Packages;
  }
}

export default function setup(vitest: TestProject): () => void {
  if (!existsSync(join(ROOT, 'tools/node_modules'))) {
    throw new Error('the tools that check the packages are not installed: npm ci --prefix tools');
  }
  const folder = mkdtempSync(join(tmpdir(), 'carillon-packages-'));
  const project = join(folder, 'project');
  const tarballs = { carillon: pack(folder, []), client: pack(folder, ['-w', '@carillon/client']) };
  const nodes: Record<string, string> = {
    [process.versions.node]: join(ROOT, 'node_modules/.bin'),
  };
  for (const version of NODES) {
    const place = join(folder, `node-${version}`);
    // Its script fetches the binary.
    const npm = version === OLDEST ? [`npm@${NPM_OF_OLDEST}`] : [];
    install(place, { allowScripts: { node: true } }, [`node@${version}`, ...npm]);
    nodes[version] = join(place, 'node_modules/.bin');
  }
  const both = [tarballs.carillon, tarballs.client, `ws@${devDependencies.ws}`];
  // Everything that the packages need accepts the oldest Node.
  install(project, { type: 'module' }, ['--engine-strict', ...both], nodes[OLDEST]);
  vitest.provide('packages', { tarballs, project, nodes, oldest: OLDEST });
  return () => rmSync(folder, { recursive: true, force: true });
}

/** @returns the path of the tarball */
function pack(folder: string, which: string[]): string {
  const args = ['pack', '--silent', '--pack-destination', folder, ...which];
  const printed = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  return join(folder, printed.trim().split('\n').at(-1) ?? '');
}

/** @param node folder of the Node that runs npm */
function install(
  folder: string,
  manifest: object,
  packages: string[],
  node = dirname(process.execPath),
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error'];
  execFileSync('npm', ['install', '--omit=dev', ...quiet, ...packages], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    // Not in the package whose script runs the tests.
    env: {
      ...process.env,
      npm_config_local_prefix: undefined,
      PATH: [node, process.env.PATH].join(delimiter),
    },
  });
}
