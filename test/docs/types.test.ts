/** The TypeScript of the documents, as the compiler of a reader sees it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { allDocuments, type Block, placeOf, ROOT } from './document.ts';

/** Inside the project, so that programs find the packages that it has installed. */
const FOLDER = join(ROOT, 'dist/documents');

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** A block without imports goes on from one that has them. */
const IMPORT = "import { publish, subscribe } from '@carillon/client';\n";

const CONFIG = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    lib: ['es2024', 'esnext.disposable', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    // The client itself is checked elsewhere, with stricter options than a reader may have.
    allowImportingTsExtensions: true,
    paths: {
      '@carillon/client': [join(ROOT, 'src/client/index.ts')],
      '@carillon/client/webhook': [join(ROOT, 'src/client/webhook.ts')],
    },
  },
  include: ['*.ts', join(ROOT, 'test/docs/surroundings.d.ts')],
};

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

it('every program of the documents compiles', () => {
  const blocks = allDocuments()
    // It is generated from sources, and shows signatures.
    .filter(({ path }) => !path.startsWith('docs/reference/'))
    .flatMap((document) => document.blocks)
    .filter(({ language, attributes }) => language === 'ts' && attributes.skip === undefined);
  expect(blocks.length).toBeGreaterThan(5);
  expect(problemsIn(blocks)).toEqual('');
});

it('programs for React are only in the document whose test compiles them', () => {
  const documents = allDocuments().filter(({ blocks }) =>
    blocks.some(({ language }) => language === 'tsx'),
  );
  expect(documents.map(({ path }) => path)).toEqual(['examples/react-hook/README.md']);
});

it('a program that does not compile is found, with its place', () => {
  const text = "for await (const item of subscribe('kv*', options)) console.log(item.typo);\n";
  const block = { document: 'docs/a.md', line: 7, language: 'ts', attributes: {}, text };
  expect(problemsIn([block])).toMatch(/^docs\/a\.md:7 .*'typo' does not exist/);
});

/** @returns what the compiler says, with the places of the blocks */
function problemsIn(blocks: readonly Block[]): string {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(CONFIG));
  writeFileSync(join(FOLDER, 'package.json'), '{"type": "module"}');
  for (const [index, { text }] of blocks.entries()) {
    const program = /^import /m.test(text) ? text : IMPORT + text;
    writeFileSync(join(FOLDER, `block-${index}.ts`), `${program}export {};\n`);
  }
  const options = ['-p', FOLDER, '--pretty', 'false'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [TSC, ...options], {
    cwd: FOLDER,
    encoding: 'utf8',
  });
  if ((status === 0) !== (stdout === '')) throw new Error(`tsc ended with ${status}: ${stderr}`);
  return stdout.replaceAll(/^block-(\d+)\.ts/gm, (file, index) => {
    const block = blocks[Number(index)];
    return block === undefined ? file : `${placeOf(block)} `;
  });
}
