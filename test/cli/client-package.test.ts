/** The client as it is installed: built, packed, and imported by its name. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const scratch = scratchFolder();
const program = join(scratch, 'program');
const installed = join(program, 'node_modules/carillon');

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const archive = join(scratch, packed.trim().split('\n').at(-1) ?? '');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['xzf', archive, '-C', installed, '--strip=1']);
  writeFileSync(join(program, 'package.json'), '{"type": "module"}');
});

/** What the programs of the documentation have around them. */
const PRELUDE = `
  declare const url: string, token: string, options: { url: string; token: string };
  declare function readToken(): Promise<string>;
  declare function readEverything(): Promise<void>;
  declare function refresh(path: string): Promise<void>;
  declare function login(): Promise<{ client_token: string }>;
  declare function load(): Promise<string>;
  declare function save(cursor: string): Promise<void>;
  declare function apply(event: { id: string }): Promise<void>;
  declare function writeTheSecret(): Promise<void>;
`;

/** What the compiler says against programs that import the package. */
function problemsIn(...files: string[]): string {
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext'];
  const libs = ['--lib', 'es2024,dom,esnext.disposable', '--types', ''];
  const { stdout, stderr } = spawnSync(process.execPath, [TSC, ...options, ...libs, ...files], {
    cwd: program,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

function run(code: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: program,
    encoding: 'utf8',
  });
}

describe('the package', () => {
  it('has a client that needs no other package', () => {
    const names = run(`console.log(Object.keys(await import('carillon/client')).join())`);
    expect(names).toBe('CarillonError,PublishError,publish,subscribe\n');
  });

  it('has the other encoding, which needs protobufjs', () => {
    const codec = join(installed, 'dist/lib/wire/carillon-v1/client-protobuf.js');
    symlinkSync(
      join(ROOT, 'node_modules/protobufjs'),
      join(program, 'node_modules/protobufjs'),
      'dir',
    );
    const bytes = run(`const { clientProtobufCodec } = await import(${JSON.stringify(codec)});
      console.log(clientProtobufCodec.encode({ type: 'credit', events: 3 }).join())`);
    expect(bytes).toBe('18,2,8,3\n');
  });

  it('has types that tell events apart, and hold programs to looking for gaps', () => {
    writeFileSync(
      join(program, 'program.ts'),
      `import { subscribe } from 'carillon/client';
       const options = { url: 'https://carillon.test', token: async () => 'token' };
       for await (const item of subscribe<{ 'deploy/finished': { service: string } }>('*', options)) {
         // @ts-expect-error: it may be a gap
         item.eventType;
         if (item.type === 'gap') continue;
         if (item.eventType === 'kv-v2/data-write') item.metadata.path satisfies string;
         if (item.eventType === 'deploy/finished') item.metadata.service satisfies string;
         // @ts-expect-error: there is no such type
         if (item.eventType === 'kv-v2/data-wrote') item.metadata;
         item.metadata.path satisfies string | undefined;
       }`,
    );
    expect(problemsIn('program.ts')).toBe('');
  });

  it('is used in its documentation as it can be used', () => {
    const page = readFileSync(join(ROOT, 'docs/client.md'), 'utf8');
    const examples = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
    expect(examples.length).toBeGreaterThan(5);
    writeFileSync(join(program, 'prelude.d.ts'), PRELUDE);
    const names = examples.map((code, index) => {
      const imported = code.includes(' from ')
        ? ''
        : "import { subscribe } from 'carillon/client';";
      writeFileSync(join(program, `example-${index}.ts`), `${imported}${code}`);
      return `example-${index}.ts`;
    });
    expect(problemsIn('prelude.d.ts', ...names)).toBe('');
  });
});
