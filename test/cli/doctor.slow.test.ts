/** `carillon doctor`, against a server that works, and against what can be wrong with one. */

import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  const HOME = mkdtempSync(join(scratch, 'home-'));
  env = { HOME, VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
});
afterAll(() => server.stop());

interface Check {
  readonly check: string;
  readonly result: string;
  readonly detail: string;
}

/** The checks of a run, by their names. */
async function examine(args: readonly string[], more: Record<string, string | undefined> = {}) {
  const finished = await run(['doctor', '--format=json', ...args], { ...env, ...more });
  const { checks, ...report } = JSON.parse(finished.stdout) as {
    checks: Check[];
    address: string;
    ok: boolean;
  };
  return {
    ...report,
    code: finished.code,
    checks: new Map(checks.map((each) => [each.check, each])),
  };
}

/** What a document grants to a token for these checks. */
const POLICY = `
path "auth/token/create" { capabilities = ["update"] }
path "sys/events/publish/carillon-doctor/*" { capabilities = ["update"] }
path "sys/events/subscribe/carillon-doctor/*" { capabilities = ["read"] }
path "carillon-doctor/*" {
  capabilities = ["create", "update", "list", "subscribe"]
  subscribe_event_types = ["carillon-doctor/*"]
}`;

async function tokenWith(policy: string): Promise<string> {
  const file = join(mkdtempSync(join(scratch, 'policy-')), 'doctor.hcl');
  writeFileSync(file, policy);
  const written = await run(['policy', 'write', 'doctor', file], env);
  expect(written.code, written.stderr).toBe(0);
  const created = await run(['token', 'create', '--policy=doctor', '--field=token'], env);
  return created.stdout.trim();
}

async function tokens(): Promise<number> {
  const response = await fetch(`${server.address}/v1/auth/token/accessors?list=true`, {
    headers: { 'X-Vault-Token': server.token },
  });
  if (response.status === 404) return 0;
  return ((await response.json()) as { data: { keys: string[] } }).data.keys.length;
}

it('finds nothing wrong with a server that works, and leaves no token', async () => {
  const VAULT_TOKEN = await tokenWith(POLICY);
  const before = await tokens();
  const { code, stdout } = await run(['doctor', '--idle=1s'], { ...env, VAULT_TOKEN });
  const [summary, ...lines] = stdout.trimEnd().split('\n').reverse();
  expect(lines.reverse().map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ['skipped', 'transport'],
    ['ok', 'health'],
    ['ok', 'clock'],
    ['ok', 'root token'],
    ['ok', 'token'],
    ['ok', 'latency'],
    ['ok', 'resume'],
    ['ok', 'revocation'],
    ['ok', 'idle'],
  ]);
  expect(summary).toBe('8 ok, 0 failed, 1 skipped');
  expect(code).toBe(0);
  expect(await tokens()).toBe(before);
});

it('measures', async () => {
  const finished = await run(['doctor', '--idle=1s', '--format=ndjson', server.address], env);
  const checks = finished.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(checks.find(({ check }) => check === 'latency').measured).toEqual({
    p50_ms: expect.any(Number),
    p99_ms: expect.any(Number),
  });
  expect(checks.find(({ check }) => check === 'revocation').measured.revocation_ms).toBeLessThan(
    1000,
  );
});

it('fails without a token, and with one that may not create tokens', async () => {
  const without = await examine(['--idle=1s'], { VAULT_TOKEN: undefined });
  expect(without).toMatchObject({ ok: false, code: 1, address: server.address });
  expect(without.checks.get('token')).toMatchObject({
    result: 'failed',
    detail: expect.stringContaining('there is no token'),
  });
  const poor = await examine(['--idle=1s'], {
    VAULT_TOKEN: await tokenWith('path "other" { capabilities = ["read"] }'),
  });
  expect(poor.code).toBe(1);
  expect(poor.checks.get('token')?.detail).toMatch(
    /^cannot create a token .* needs "update" on auth\/token\/create/,
  );
  expect(poor.checks.get('idle')).toMatchObject({ result: 'skipped' });
});

it('names the right that a check lacks', async () => {
  const VAULT_TOKEN = await tokenWith(POLICY.replace(/path "sys\/events\/publish.*\n/, ''));
  const { code, checks } = await examine(['--idle=1s'], { VAULT_TOKEN });
  expect(code).toBe(1);
  expect(checks.get('latency')).toMatchObject({
    result: 'failed',
    detail: expect.stringContaining('sys/events/publish/carillon-doctor/check'),
  });
  expect(checks.get('revocation')).toMatchObject({ result: 'ok' });
});

it('says that nobody answers, and asks no more', async () => {
  const { code, checks } = await examine(['http://127.0.0.1:9']);
  expect(code).toBe(1);
  expect(checks.get('health')).toMatchObject({
    result: 'failed',
    detail: expect.stringContaining('cannot reach http://127.0.0.1:9'),
  });
  expect([...checks.keys()]).toEqual(['transport', 'health', 'token']);
});

it('finds a root token that anyone can guess', async () => {
  const weak = await startLocalServer(['--root-token', 'root']);
  try {
    const onThisMachine = await examine(['--idle=1s', weak.address], { VAULT_TOKEN: 'root' });
    expect(onThisMachine.checks.get('root token')).toMatchObject({ result: 'skipped' });
    // The same machine, by an address that other machines can have.
    const { checks } = await examine(['--idle=1s', weak.address.replace('127.0.0.1', '0.0.0.0')], {
      VAULT_TOKEN: 'root',
    });
    expect(checks.get('root token')).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('ROOT_TOKEN is "root"'),
    });
    expect(checks.get('transport')).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('no TLS'),
    });
  } finally {
    await weak.stop();
  }
});

/** Passes connections on to the server, and cuts each on which nothing moves for so long. */
async function impatientProxy<T>(idleMs: number, use: (address: string) => Promise<T>): Promise<T> {
  const proxy: Server = createServer((client) => {
    const upstream = connect(Number(new URL(server.address).port), '127.0.0.1');
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    client.setTimeout(idleMs, cut);
    for (const socket of [client, upstream]) socket.on('error', cut).on('close', cut);
    client.pipe(upstream).pipe(client);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  try {
    return await use(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  } finally {
    proxy.close();
  }
}

it('tells that only heartbeats keep a connection open', async () => {
  await impatientProxy(2000, async (address) => {
    const { code, checks } = await examine(['--idle=5s', address]);
    expect(checks.get('idle')?.detail).toMatch(
      /^a connection stayed open for \d+ s.*; one that sent nothing ended after \d+ s: the connection closed with 1006/,
    );
    expect(code).toBe(0);
  });
});

it('fails where not even heartbeats keep a connection open', async () => {
  await impatientProxy(300, async (address) => {
    const { code, checks } = await examine(['--idle=3s', address]);
    expect(checks.get('idle')?.detail).toMatch(
      /^a connection with heartbeats ended after \d+ s: the connection closed with 1006/,
    );
    expect(code).toBe(1);
  });
});

it.each([
  [['--idle=x'], '--idle is "x"; it must be a duration such as 1m'],
  [['--idle=600h'], '--idle is "600h"; it must be at most 24h'],
  [['--idle=0'], '--idle is "0"; it must be a duration such as 1m'],
  [['carillon.example.com'], 'the address must begin with "https://" or "http://"'],
])('refuses %s', async (args, message) => {
  const { code, stderr } = await run(['doctor', ...args], env);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
