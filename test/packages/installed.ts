/** Runs programs in the project in which the packages are installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const { project, nodes } = inject('packages');

export const NODES = Object.keys(nodes);

/** The environment of a user who has only this version of Node. */
export function environment(version: string): NodeJS.ProcessEnv {
  const { npm_config_local_prefix: _, ...env } = process.env;
  return { ...env, PATH: [nodes[version], env.PATH].join(delimiter) };
}

/** @returns what the program prints on standard output */
export function runModule(code: string, version: string = process.versions.node): string {
  return runNode(['--input-type=module', '-e', code], version);
}

/** @returns what node prints on standard output */
export function runNode(args: string[], version: string): string {
  return execFileSync('node', args, {
    cwd: project,
    env: environment(version),
    encoding: 'utf8',
  });
}

interface Compilation {
  /** `--module` with what belongs to it. */
  readonly module: 'node16' | 'nodenext' | 'bundler';
  readonly compiler?: string;
  readonly libs?: string;
}

const TOOLS = fileURLToPath(new URL('../../tools/node_modules/', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** The compilers of two major versions. */
export const COMPILERS: Readonly<Record<string, string>> = {
  'TypeScript 6': join(TOOLS, 'typescript/bin/tsc'),
  'TypeScript 7': join(MODULES, 'typescript/bin/tsc'),
};

/**
 * What the compiler says against programs that import the packages. It also checks the types of the packages.
 *
 * @throws Error if the compiler does not run
 */
export function problemsIn(
  files: string[],
  { module, compiler = 'TypeScript 7', libs = 'es2022,dom' }: Compilation,
): string {
  const resolution =
    module === 'bundler'
      ? ['--module', 'esnext', '--moduleResolution', 'bundler']
      : ['--module', module];
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2022'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [COMPILERS[compiler] ?? '', ...options, ...resolution, ...['--lib', libs], ...files],
    { cwd: project, encoding: 'utf8' },
  );
  const problems = stdout + stderr;
  if ((status === 0) !== (problems === '')) {
    throw new Error(`${compiler} ended with ${status}: ${problems}`);
  }
  return problems;
}
