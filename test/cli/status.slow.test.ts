/** `carillon status` */

import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/lib/version.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run, start } from '../support/run.ts';
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

/** A server that answers as the table says, and else 404 as Vault does. */
async function withServer<T>(
  answers: Readonly<Record<string, readonly [status: number, body: unknown]>>,
  use: (address: string) => Promise<T>,
): Promise<T> {
  const fake: Server = createServer((request, response) => {
    const [status, body] = answers[request.url ?? ''] ?? [404, { errors: ['unsupported path'] }];
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(fake.address() as AddressInfo).port}`);
  } finally {
    fake.closeAllConnections();
    fake.close();
  }
}

const HEALTH = {
  initialized: true,
  sealed: false,
  standby: false,
  version: '2.6.2',
  cluster_name: 'vault-cluster',
  cluster_id: 'id-1',
};

async function report(args: readonly string[] = [], more: Record<string, string | undefined> = {}) {
  const finished = await run(['status', '--format=json', ...args], { ...env, ...more });
  return { ...finished, json: JSON.parse(finished.stdout) };
}

describe('status of a Carillon', () => {
  it('shows the server, the token, the namespaces and the hubs with their subscribers', async () => {
    await run(['namespace', 'create', 'team-a'], env);
    const { child, stderrMatching, finished } = start(['events', 'subscribe', 'kv-v2/*'], env);
    await stderrMatching(/subscribed/);
    await run(['events', 'trigger', 'kv-v2/delete'], env);
    const { code, stdout, stderr } = await run(['status'], env);
    child.kill('SIGINT');
    await finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rows = Object.fromEntries(stdout.split('\n').map((line) => line.split(/ {2,}/)));
    expect(rows).toMatchObject({
      address: server.address,
      reachable: 'true',
      version: VERSION,
      initialized: 'true',
      sealed: 'false',
      standby: 'false',
      cluster_name: 'carillon',
      namespace: 'root',
      token_source: 'VAULT_TOKEN',
      token_policies: '[root]',
      token_ttl: '∞',
      event_types: '62',
      namespaces: '[team-a/]',
      'hub kv-v2': 'ok, 1 subscriber',
    });
  });

  it('shows a token of few rights what it sees, and says what it does not see', async () => {
    const created = await run(
      ['token', 'create', '--policy=default', '--ttl=1h', '--format=json'],
      env,
    );
    const { auth } = JSON.parse(created.stdout) as {
      auth: { client_token: string; accessor: string };
    };
    const { code, json } = await report([], { VAULT_TOKEN: auth.client_token });
    expect(code).toBe(0);
    expect(json).toMatchObject({
      token: { accessor: auth.accessor, policies: ['default'] },
      event_types: 62,
      namespaces: null,
      hubs: null,
      problems: {
        namespaces: 'the token may not list them',
        hubs: 'the token may not list them: that needs sudo on sys/events/hubs',
      },
    });
    expect(json.token.ttl).toBeGreaterThan(3500);
    const { stdout } = await run(['status'], { ...env, VAULT_TOKEN: auth.client_token });
    expect(stdout).toMatch(/^hubs +the token may not list them: that needs sudo/m);
  });

  it.each([
    [
      'wrong',
      'the server answered 403: 2 errors occurred: * permission denied * invalid token; the server does not know the token: it has expired, was revoked, or is of another server; log in again, or set VAULT_TOKEN',
    ],
  ])('with the token %j says why it does not work, and ends with 0', async (token, problem) => {
    const { code, json } = await report([], { VAULT_TOKEN: token });
    expect(code).toBe(0);
    expect(json).toMatchObject({ version: VERSION, token: null, problems: { token: problem } });
    const { stdout } = await run(['status'], { ...env, VAULT_TOKEN: token });
    expect(stdout).toContain(`does not work: ${problem}`);
  });

  it('says that there is no token', async () => {
    const { code, stdout } = await run(['status'], { ...env, VAULT_TOKEN: '' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^token +none: there is no token; log in with "carillon login"/m);
  });

  it('says that the address is the default', async () => {
    const { stderr } = await run(['status'], { ...env, VAULT_ADDR: '' });
    expect(stderr).toContain('VAULT_ADDR is not set; http://127.0.0.1:8200 is the default\n');
  });

  it('is that of the namespace of the request', async () => {
    await run(['namespace', 'create', 'team-b'], env);
    const { json } = await report(['--namespace', 'team-b']);
    expect(json).toMatchObject({ namespace: 'team-b', namespaces: [], hubs: [{ hub: '*' }] });
    const { json: none } = await report(['--namespace', 'none']);
    expect(none.problems.token).toContain('there is no namespace "none"');
  });
});

describe('status of another server', () => {
  it('shows the upstream of a Carillon in front of it, to a token of Carillon', async () => {
    await withServer({ '/v1/sys/health': [200, HEALTH] }, async (upstream) => {
      const front = await startLocalServer(['--upstream', upstream]);
      const own = { VAULT_ADDR: front.address, VAULT_TOKEN: front.token };
      const { json } = await report([], own);
      expect(json).toMatchObject({ version: VERSION, upstream: { version: '2.6.2' } });
      const { stdout } = await run(['status'], { ...env, ...own });
      expect(stdout).toMatch(/^upstream_cluster_name +vault-cluster$/m);
      await front.stop();
    });
  });

  it.each([
    ['sealed', { ...HEALTH, sealed: true }, 503],
    ['not initialized', { ...HEALTH, initialized: false, sealed: true }, 501],
  ])('that is %s ends with 2', async (_state, health, status) => {
    await withServer({ '/v1/sys/health': [status, health] }, async (VAULT_ADDR) => {
      const { code, json } = await report([], { VAULT_ADDR });
      expect(code).toBe(2);
      expect(json).toMatchObject({ reachable: true, sealed: true });
    });
  });

  it('that is a standby can be used: 0', async () => {
    const answers = { '/v1/sys/health': [429, { ...HEALTH, standby: true }] } as const;
    await withServer(answers, async (VAULT_ADDR) => {
      expect(await report([], { VAULT_ADDR })).toMatchObject({ code: 0, json: { standby: true } });
    });
  });

  it('that is no Carillon says so', async () => {
    const self = { data: { accessor: 'a', policies: ['default'], ttl: 60, display_name: 'x' } };
    const answers = {
      '/v1/sys/health': [200, HEALTH],
      '/v1/auth/token/lookup-self': [200, self],
      '/v1/sys/events/types?list=true': [404, { errors: [] }],
    } as const;
    await withServer(answers, async (VAULT_ADDR) => {
      const { json } = await report([], { VAULT_ADDR });
      expect(json).toMatchObject({
        token: { accessor: 'a' },
        event_types: null,
        problems: { event_types: 'the server has no sys/events/types: it is no Carillon' },
      });
    });
  });

  it.each([
    ['a page', 200, '<html>', 'without its health; is it the address of the server?'],
    ['an error', 502, { errors: ['bad gateway'] }, 'the server answered 502: bad gateway'],
  ])('that answers with %s ends with 1', async (_what, status, body, message) => {
    await withServer({ '/v1/sys/health': [status, body] }, async (VAULT_ADDR) => {
      const { code, json, stderr } = await report([], { VAULT_ADDR });
      expect({ code, json }).toEqual({ code: 1, json: { address: VAULT_ADDR, reachable: false } });
      expect(stderr).toContain(message);
    });
  });

  it('that is not there ends with 1', async () => {
    const VAULT_ADDR = await withServer({}, async (address) => address);
    const { code, stdout, stderr } = await run(['status'], { ...env, VAULT_ADDR });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^reachable +false$/m);
    expect(stderr).toMatch(/^carillon: cannot reach \S+ \(ECONNREFUSED\); is the server running/);
  });
});

it('takes no arguments, and only an address that is a URL', async () => {
  expect((await run(['status', 'now'], env)).code).toBe(1);
  const { code, stderr } = await run(['status'], { ...env, VAULT_ADDR: 'localhost' });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('VAULT_ADDR is') });
});
