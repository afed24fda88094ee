/** Builds `@carillon/client` from `src/client`. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { writeLicences } from './licences.ts';
import { inProject } from './paths.ts';

const FOLDER = inProject('packages/client/dist');

/** What is loaded only if a program asks for it. */
const PROTOBUF = 'client-protobuf';

export async function buildClient(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  const modules = [
    ...(await bundle(inProject('src/client/index.ts'), 'index', 'client.min')),
    ...(await bundle(inProject('src/client/webhook.ts'), 'webhook')),
    ...(await bundle(
      inProject(`src/wire/carillon-v1/${PROTOBUF}.ts`),
      PROTOBUF,
      `${PROTOBUF}.min`,
    )),
  ];
  writeLicences(modules, FOLDER);
  await bundleTypes();
  copyFileSync(inProject('LICENSE'), inProject('packages/client/LICENSE'));
}

/**
 * Writes a module to a file for bundlers and Node, and to a small one for pages if it has a name.
 *
 * @returns the paths of the modules in it
 */
async function bundle(input: string, readable: string, minified?: string): Promise<string[]> {
  const modules = new Set<string>();
  for (const [name, minify] of [
    [readable, false],
    [minified, true],
  ] as const) {
    if (name === undefined) continue;
    const build = await rolldown({
      input,
      platform: 'neutral',
      plugins: [besideIt(minify ? `${PROTOBUF}.min` : PROTOBUF)],
      // protobufjs is CommonJS.
      resolve: { mainFields: ['main'] },
      transform: { target: 'es2022' },
    });
    const options: OutputOptions = {
      dir: FOLDER,
      entryFileNames: `${name}.js`,
      sourcemap: true,
      minify,
    };
    const { output } = await build.write(options);
    for (const file of output) {
      if (file.type === 'chunk') for (const id of file.moduleIds) modules.add(id);
    }
  }
  return [...modules];
}

/** The codec of protobuf is a file of its own without shared chunks, so that a page needs one file unless it asks for protobuf. */
function besideIt(name: string): Plugin {
  return {
    name: 'protobuf-beside-it',
    resolveId: (source, importer) =>
      importer !== undefined && source.endsWith(`/${PROTOBUF}.ts`)
        ? { id: `./${name}.js`, external: true }
        : null,
  };
}

/** The compiler writes a declaration for each source. One file of them all says only what a program can name. */
async function bundleTypes(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-types-'));
  try {
    const tsc = inProject('node_modules/typescript/bin/tsc');
    const project = inProject('src/client/tsconfig.build.json');
    execFileSync(process.execPath, [tsc, '-p', project, '--outDir', folder], { stdio: 'inherit' });
    for (const name of ['index', 'webhook']) {
      const build = await rolldown({
        input: { [name]: join(folder, `client/${name}.d.ts`) },
        plugins: [dts({ dtsInput: true, tsconfig: false, emitDtsOnly: true })],
      });
      const { output } = await build.generate();
      // A subscription can be disposed of, and the libraries that a program chooses may not know how.
      const reference = '/// <reference lib="esnext.disposable" />\n';
      writeFileSync(join(FOLDER, `${name}.d.ts`), reference + output[0].code);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
