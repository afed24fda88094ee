/** The lines that the local server writes while it runs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MAX_LOG_LINES_PER_SECOND } from '../../src/cli/dev/limits.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run, start } from '../support/run.ts';

const TOKEN = 'root-of-the-test';
const CACHE = { XDG_CACHE_HOME: join(tmpdir(), 'carillon-test-cache') };

function serve(...args: string[]): Promise<LocalServer> {
  return startLocalServer(['--root-token', TOKEN, ...args]);
}

function publish({ address }: LocalServer, id: string): Promise<Response> {
  return fetch(`${address}/v1/sys/events/publish/abc/x`, {
    method: 'POST',
    headers: { 'X-Vault-Token': TOKEN, 'Content-Type': 'application/json' },
    body: JSON.stringify({ id, metadata: { path: 'secret/data/app' } }),
  });
}

/** What the server wrote below the banner. Ends it. */
async function logOf(server: LocalServer): Promise<string> {
  expect(await server.stop()).toBe(0);
  return server
    .output()
    .slice(server.output().indexOf('/publish/kv-v2/data-write\n') + 26)
    .trim();
}

describe('carillon dev writes', () => {
  it('a line for each request and event, without any token', async () => {
    const server = await serve();
    expect((await publish(server, 'x')).status).toBe(200);
    expect((await fetch(`${server.address}/v1/auth/token/lookup/${TOKEN}`)).status).toBe(403);
    const log = await logOf(server);
    expect(log).toMatch(/^\d\d:\d\d:\d\d {2}POST +sys\/events\/publish\/abc\/x {2}200 {2}\d+ ms$/m);
    expect(log).toContain('          event      abc/x  secret/data/app\n');
    expect(log).toMatch(/audit +denied +path=auth\/token\/lookup\/…/);
    expect(log).not.toContain(TOKEN);
  });

  it('one line of JSON for each with --log json, and nothing else on standard output', async () => {
    const { child, finished, stderrMatching } = start(
      ['dev', '--port', '0', '--root-token', TOKEN, '--log', 'json'],
      CACHE,
    );
    const banner = await stderrMatching(/export VAULT_ADDR=(\S+) [\s\S]*data-write\n/);
    const address = /export VAULT_ADDR=(\S+) /.exec(banner)?.[1] ?? '';
    await publish({ address } as LocalServer, 'x');
    child.kill('SIGINT');
    const { stdout } = await finished;
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      'ready',
      'request',
      'event',
    ]);
    expect(JSON.parse(lines[0] ?? '')).toEqual({ type: 'ready', address });
  });

  it.each([['--quiet'], ['--log', 'off']])('nothing with %s', async (...args) => {
    const server = await serve(...args);
    await publish(server, 'x');
    await fetch(`${server.address}/v1/sys/policies/acl/x`);
    expect(await logOf(server)).toBe('');
  });

  it('nothing of requests if --var REQUEST_LOG=off says so', async () => {
    const server = await serve('--var', 'REQUEST_LOG=off');
    await publish(server, 'x');
    expect(await logOf(server)).toBe('');
  });

  it('at most so many lines a second, and how many more there were', async () => {
    const server = await serve();
    const sent = 5 * MAX_LOG_LINES_PER_SECOND;
    const all = Array.from({ length: sent }, () => fetch(`${server.address}/v1/sys/health`));
    await Promise.all(all);
    const log = await logOf(server);
    const shown = log.match(/sys\/health/g)?.length ?? 0;
    const counted = [...log.matchAll(/… and (\d+) more requests/g)].map(([, number]) => number);
    expect(shown + counted.reduce((sum, number) => sum + Number(number), 0)).toBe(sent);
    expect(shown).toBeLessThan(sent);
  });
});

describe('the reader of the log', () => {
  it('does not hold up the server when it stops reading', async () => {
    const command = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));
    const args = [command, 'dev', '--port', '0', '--root-token', TOKEN, '--log', 'json'];
    // Nobody reads the pipe of standard output.
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...CACHE },
    });
    let printed = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    while (!/export VAULT_ADDR=\S+ /.test(printed)) await once(child.stderr, 'data');
    const address = /export VAULT_ADDR=(\S+) /.exec(printed)?.[1] ?? '';
    // Each line has the path, so they are more than the pipes hold.
    const path = 'x'.repeat(4000);
    for (let batch = 0; batch < 20; batch++) {
      const all = Array.from({ length: 10 }, () => fetch(`${address}/v1/${path}`));
      for (const response of await Promise.all(all)) expect(response.status).toBe(403);
    }
    const exit = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
  });

  it('ends the server when it has ended, as head does', async () => {
    const { child, finished, stderrMatching } = start(
      ['dev', '--port', '0', '--root-token', TOKEN, '--log', 'json'],
      CACHE,
    );
    const banner = await stderrMatching(/export VAULT_ADDR=(\S+) /);
    child.stdout.destroy();
    const address = /export VAULT_ADDR=(\S+) /.exec(banner)?.[1] ?? '';
    // The server may end before it has answered.
    await fetch(`${address}/v1/sys/health`).catch(() => undefined);
    expect((await finished).code).toBe(0);
  });
});

describe('carillon dev refuses', () => {
  it.each([
    [['--log', 'xml'], '"xml"'],
    [['--quiet', '--log', 'json'], '--quiet and --log exclude each other'],
    [
      ['--allowed-origins', '*', '--var', 'ALLOWED_ORIGINS=*'],
      '--allowed-origins and --var ALLOWED_ORIGINS exclude each other',
    ],
    [['--allowed-origins', 'localhost:5173'], 'the variable ALLOWED_ORIGINS has "localhost:5173"'],
  ])('%j', async (args, message) => {
    const { code, stderr } = await run(['dev', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

it('lets pages of --allowed-origins call', async () => {
  const server = await serve('--allowed-origins', 'http://localhost:5173');
  const headers = { Origin: 'http://localhost:5173' };
  const response = await fetch(`${server.address}/v1/sys/health`, { headers });
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:5173');
  await server.stop();
});
