/** What passes through to a real OpenBao, and is audited by it. Skipped if `bao` is not installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../clients/support/programs.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { subscribe } from '../support/subscriber.ts';

const ROOT = 'carillon-root';
const BAO_ROOT = 'bao-root';
const SECRET = 'the-secret-of-the-device';
/** How many writes are on their way at a time, and how often. */
const AT_ONCE = 10;
const ROUNDS = 100;

const BAO = 'bao';
const hasBao = spawnSync(BAO, ['version']).error === undefined;

let carillon: LocalServer;
let bao: ChildProcess;
let direct: string;
let folder: string;

async function call(method: string, address: string, token: string, body?: object, headers = {}) {
  const response = await fetch(address, {
    method,
    headers: { 'X-Vault-Token': token, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${address}: ${response.status} ${text}`);
  return { response, text };
}

/** At Carillon's address. */
function pass(method: string, path: string, body?: object, token = BAO_ROOT, headers = {}) {
  return call(method, `${carillon.address}/v1/${path}`, token, body, headers);
}

async function isReady(): Promise<void> {
  expect((await fetch(`${direct}/v1/sys/health`)).ok).toBe(true);
}

describe.skipIf(!hasBao)('an OpenBao behind Carillon, with an audit device that leads back', () => {
  beforeAll(async () => {
    const port = await freePort();
    direct = `http://127.0.0.1:${port}`;
    const options = ['--upstream', direct, '--root-token', ROOT];
    carillon = await startLocalServer([...options, '--var', 'UPSTREAM_EVENTS=strict']);
    const source = { kind: 'vault-audit', secrets: [SECRET], upstream: true };
    await pass('PUT', 'sys/events/sources/openbao', source, ROOT);
    await pass('PUT', 'sys/namespaces/ns1', undefined, ROOT);
    folder = mkdtempSync(join(tmpdir(), 'carillon-bao-'));
    const config = join(folder, 'audit.hcl');
    const headers = JSON.stringify(JSON.stringify({ 'X-Vault-Token': [SECRET] }));
    const uri = `${carillon.address}/v1/sys/events/in/openbao`;
    writeFileSync(
      config,
      `audit "http" "c" {\n options {\n uri = "${uri}"\n headers = ${headers}\n }\n}`,
    );
    const args = [`-dev-root-token-id=${BAO_ROOT}`, `-dev-listen-address=127.0.0.1:${port}`];
    bao = spawn(BAO, ['server', '-dev', '-dev-no-store-token', ...args, `-config=${config}`], {
      stdio: 'ignore',
    });
    await vi.waitFor(isReady, { timeout: 50_000, interval: 200 });
    const header = `${direct}/v1/sys/config/auditing/request-headers/carillon-request`;
    await call('PUT', header, BAO_ROOT, { hmac: false });
    await call('PUT', `${direct}/v1/sys/namespaces/ns1`, BAO_ROOT);
    for (const [namespace, mount, version] of [
      ['', 'kv1', '1'],
      ['', 'once', '1'],
      ['ns1', 'apps/kv', '2'],
    ]) {
      await call(
        'POST',
        `${direct}/v1/sys/mounts/${mount}`,
        BAO_ROOT,
        { type: 'kv', options: { version } },
        { 'X-Vault-Namespace': namespace },
      );
    }
    // A new mount of version 2 refuses requests until it has set itself up.
    await vi.waitFor(() => pass('POST', 'ns1/apps/kv/config', { max_versions: 9 }), {
      timeout: 20_000,
      interval: 200,
    });
  });
  afterAll(async () => {
    bao?.kill('SIGKILL');
    await carillon?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('makes one event of each write', async () => {
    await using subscriber = await subscribe({ address: carillon.address, token: ROOT }, '*', {
      query: 'json=true&namespaces=*',
    });
    const merge = { 'Content-Type': 'application/merge-patch+json' };
    const wrapped = { 'X-Vault-Wrap-TTL': '60' };
    const writesOf = (name: string): readonly (() => Promise<unknown>)[] => [
      () => pass('PUT', `secret/data/${name}`, { data: { password: 'canary-one' } }),
      () => pass('PATCH', `secret/data/${name}`, { data: { user: 'canary' } }, BAO_ROOT, merge),
      () => pass('DELETE', `secret/data/${name}`),
      () => pass('POST', `secret/undelete/${name}`, { versions: [2] }),
      () => pass('PUT', `secret/data/${name}`, { data: {} }, BAO_ROOT, wrapped),
      () => pass('POST', `secret/destroy/${name}`, { versions: ['1', 2] }),
      () => pass('POST', `secret/metadata/${name}`, { max_versions: 7 }),
      () => pass('PUT', `kv1/${name}`, { password: 'canary-two' }),
      () => pass('DELETE', `kv1/${name}`),
      () => pass('PUT', `ns1/apps/kv/data/${name}`, { data: {} }),
    ];
    const names = Array.from({ length: ROUNDS }, (_, index) => `app-${index}`);
    const worker = async () => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        for (const write of writesOf(name)) await write();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const frames = await subscriber.framesSoFar();
    expect(frames).toHaveLength(writesOf('').length * ROUNDS);
    const ids = frames.map(({ text }) => (JSON.parse(text) as { id: string }).id);
    expect(new Set(ids).size).toBe(frames.length);
    expect(frames.map(({ text }) => text).join('\n')).not.toContain('canary');
  }, 300_000);

  it('takes no use of a token, and one that has a single use left makes an event', async () => {
    const policy = 'path "once/*" { capabilities = ["create", "update"] }';
    await call('PUT', `${direct}/v1/sys/policies/acl/once`, BAO_ROOT, { policy });
    const create = { policies: ['once'], num_uses: 1, no_default_policy: true };
    const made = await call('POST', `${direct}/v1/auth/token/create`, BAO_ROOT, create);
    const { auth } = JSON.parse(made.text) as { auth: { client_token: string } };
    await using subscriber = await subscribe({ address: carillon.address, token: ROOT }, 'kv*', {
      query: 'json=true',
    });
    await pass('PUT', 'once/app', { a: 'b' }, auth.client_token);
    const { text } = await subscriber.next();
    expect(text).toContain('"path":"once/app"');
  });
});
