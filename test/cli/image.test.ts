/** What the container recipe relies on, where no container engine is: `test/image/run` tries it where one is. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = scratchFolder();
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

/** The words of an instruction that is written as a JSON list. */
function wordsOf(instruction: string): string[] {
  const list = new RegExp(`^ *${instruction} (\\[.*\\])$`, 'm').exec(dockerfile)?.[1] ?? '[]';
  return JSON.parse(list) as string[];
}

/** What `carillon` is called with, with folders and addresses of this machine. */
const [command, ...options] = wordsOf('ENTRYPOINT').map((word) =>
  word === '/data' ? join(folder, 'data') : word.replace('0.0.0.0', '127.0.0.1'),
);

async function eventually(condition: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  while (!condition()) await sleep(20, undefined, { signal });
}

describe('the Dockerfile', () => {
  let server: LocalServer;

  beforeAll(async () => {
    server = await startLocalServer([...options.slice(1), '--port', '0']);
  });
  afterAll(() => server.stop());

  function healthOf(address: string): number | null {
    const [program = '', ...args] = wordsOf('CMD');
    expect(program).toBe('node');
    const here = args.map((word) => word.replace('http://127.0.0.1:8200', address));
    expect(here).not.toEqual(args);
    return spawnSync(process.execPath, here).status;
  }

  it('copies only what exists', () => {
    const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
      ([, sources = '']) => sources.split(' '),
    );
    expect(copies).toContain('package-lock.json');
    for (const source of copies) expect(existsSync(join(root, source)), source).toBe(true);
  });

  it('starts the server with options that the command has', () => {
    expect([command, options[0]]).toEqual(['carillon', 'dev']);
    expect(existsSync(join(folder, 'data/durable-objects'))).toBe(true);
  });

  it('has a health check that passes while the server answers, and leaves no line in its log', async () => {
    expect(healthOf(server.address)).toBe(0);
    // A request that leaves a line, so that a line of the health check would be there too.
    await fetch(`${server.address}/v1/sys/events/types`);
    await eventually(() => server.output().includes('sys/events/types'));
    expect(server.output()).not.toContain('health');
  });

  it('has a health check that fails when nothing answers', () => {
    expect(healthOf('http://127.0.0.1:9')).toBe(1);
  });

  it('runs as a user without rights, given by number', () => {
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });

  it('does not start without a root token that others cannot guess', async () => {
    const { code, stderr } = await run(['dev', ...wordsOf('ENTRYPOINT').slice(2)]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('--root-token-file or ROOT_TOKEN');
  });
});

it('.dockerignore keeps all that git ignores out of the image, secrets in any folder included', () => {
  const linesOf = (name: string) =>
    readFileSync(join(root, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  const ignored = linesOf('.gitignore').map((pattern) => {
    const [, not = '', path = ''] = /^(!?)(.*?)\/?$/.exec(pattern) ?? [];
    return not + (path.startsWith('/') ? path.slice(1) : `**/${path}`);
  });
  expect(ignored).toContain('**/*.secret');
  // In the same order: the last pattern that matches decides.
  expect(linesOf('.dockerignore').slice(0, ignored.length)).toEqual(ignored);
});

describe('compose.yaml', () => {
  interface Compose {
    readonly services: Readonly<
      Record<'carillon' | 'openbao', { command: string | string[]; network_mode?: string }>
    >;
  }
  const { services } = parse(readFileSync(join(root, 'compose.yaml'), 'utf8')) as Compose;

  it('leads to the OpenBao on the address that this listens on, in the same network', () => {
    const { environment } = services.openbao as unknown as {
      environment: { BAO_DEV_LISTEN_ADDRESS: string };
    };
    expect(services.carillon.command).toContain(
      `--upstream=http://${environment.BAO_DEV_LISTEN_ADDRESS}`,
    );
    expect(services.openbao.network_mode).toBe('service:carillon');
  });

  it('gives the server options that it takes', async () => {
    const token = join(root, 'LICENSE');
    const given = [services.carillon.command]
      .flat()
      .map((option) => option.replace('/run/secrets/root-token', token));
    // A license is no token: so the command reads all its options, and ends.
    const { stderr } = await run(['dev', ...given]);
    expect(stderr).toContain('the token of --root-token-file');
  });
});
