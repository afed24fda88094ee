import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  env = {
    HOME: scratch,
    VAULT_ADDR: server.address,
    VAULT_TOKEN: server.token,
  };
});
afterAll(() => server.stop());

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const SECRET = 'a-secret-of-some-length';
const SECRET_FILE = file('secret', `${SECRET}\n`);
const SETTINGS = file(
  'ci.json',
  JSON.stringify({
    kind: 'hmac',
    signature: { header: 'X-CI', prefix: 'sha256=' },
    mapping: { metadata: { job: '/job' } },
  }),
);
const NO_MAPPING = file('no-mapping.json', '{"kind":"token","mapping":["id"]}');

describe('carillon source', () => {
  it('is written, read, tried, listed and deleted, and never shows a secret', async () => {
    const written = await run(
      [
        'source',
        'write',
        '--settings',
        SETTINGS,
        '--path',
        'ci/{/job}',
        '--secret-file',
        SECRET_FILE,
        'ci',
      ],
      env,
    );
    expect(written).toEqual({
      code: 0,
      stdout: '',
      stderr: `wrote the source "ci"; its address is ${server.address}/v1/sys/events/in/ci
note: ${server.address} leads to this machine only: a sender elsewhere, such as a vendor, needs a public address. Deploy the server (docs/deploy.md), or open a tunnel to it, such as "cloudflared tunnel --url ${server.address}", and give the sender that address with the same path
`,
    });
    const { stdout: shown } = await run(['source', 'read', 'ci'], env);
    expect(shown).toContain(` ${server.address}/v1/sys/events/in/ci\n`);
    expect(shown).not.toContain(SECRET);
    const body = file('body.json', '{"job":"site","type":"done"}');
    const { stdout: tried } = await run(
      ['source', 'test', '--header', 'X-Other: 1', 'ci', body],
      env,
    );
    expect(JSON.parse(tried)).toMatchObject({
      events: [
        {
          data: {
            event_type: 'ci/done',
            event: { metadata: { job: 'site', path: 'ci/site' } },
          },
        },
      ],
    });
    expect((await run(['source', 'list'], env)).stdout).toContain('ci');
    // Its kind and its rules are written anew, its secret stays.
    expect((await run(['source', 'write', '--settings', SETTINGS, 'ci'], env)).code).toBe(0);
    expect((await run(['source', 'delete', 'ci'], env)).code).toBe(0);
    expect(await run(['source', 'read', 'ci'], env)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'carillon: there is no source "ci"\n',
    });
    expect((await run(['source', 'list'], env)).stderr).toBe('carillon: there are no sources\n');
  });

  it('has an address in its namespace, at the address of the server', async () => {
    await run(['namespace', 'create', 'team-a'], env);
    const inside = { ...env, VAULT_NAMESPACE: '/team-a/' };
    const write = ['source', 'write', '--kind', 'token', '--secret-file', SECRET_FILE, 'in'];
    const address = `${server.address}/v1/team-a/sys/events/in/in`;
    expect((await run(write, inside)).stderr).toContain(`its address is ${address}\n`);
    expect((await run(['source', 'read', 'in'], inside)).stdout).toContain(` ${address}\n`);
  });

  it('of a queue has no address, and says what the deployment needs', async () => {
    const written = await run(['source', 'write', '--kind', 'queue', 'orders'], env);
    expect(written).toEqual({
      code: 0,
      stdout: '',
      stderr:
        'wrote the source "orders"; set QUEUE_SOURCES in wrangler.toml to the queue that it has, such as {"my-queue":"orders"}, and deploy with that queue\'s consumer (docs/sources.md)\n',
    });
    const { stdout, stderr } = await run(['source', 'read', 'orders'], env);
    expect(stdout).toMatch(/kind +queue/);
    expect(stdout).not.toContain('address');
    expect(stderr).toBe('');
    const body = file('message.json', '{"type":"paid"}');
    const { stdout: tried } = await run(['source', 'test', 'orders', body], env);
    expect(JSON.parse(tried)).toMatchObject({ events: [{ data: { event_type: 'orders/paid' } }] });
    expect((await run(['source', 'delete', 'orders'], env)).code).toBe(0);
  });

  it.each([
    [['write', 'x'], 1, 'kind is ""'],
    [['write', '--kind', 'github', 'x'], 1, 'missing secrets'],
    [['write', '--kind', 'github', '--secret-file', '/no/such/file', 'x'], 1, 'cannot read'],
    [['write', '--settings', SECRET_FILE, 'x'], 1, 'not JSON'],
    [['write', '--settings', NO_MAPPING, '--path', 'a/b', 'x'], 1, 'mapping must be a JSON object'],
    [['write', '--kind', 'github', 'a/b'], 2, 'the source name "a/b" has a slash'],
    [['read', 'a/test'], 2, 'the source name "a/test" has a slash'],
    [['delete', 'a/b'], 2, 'has a slash'],
    [['test', 'a/b', SETTINGS], 2, 'has a slash'],
    [['write'], 2, '<name> is missing'],
    [['test', '--header', 'x', 'a', SETTINGS], 2, '--header must be'],
    [['test', 'nobody', SETTINGS], 1, 'there is no source "nobody"'],
  ])('%j is refused', async (args, exitCode, message) => {
    const { code, stdout, stderr } = await run(['source', ...args], env);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(SECRET);
  });
});

describe('a local server with a folder', () => {
  it('still receives for its sources after a restart', async () => {
    const data = join(scratch, 'data');
    let again = await startLocalServer(['--data', data]);
    const settings = (): Record<string, string> => ({
      ...env,
      VAULT_ADDR: again.address,
      VAULT_TOKEN: again.token,
    });
    await run(
      ['source', 'write', '--kind', 'token', '--secret-file', SECRET_FILE, 'in'],
      settings(),
    );
    await again.stop();
    again = await startLocalServer(['--data', data]);
    try {
      const response = await fetch(`${again.address}/v1/sys/events/in/in`, {
        method: 'POST',
        headers: { 'X-Vault-Token': SECRET },
        body: '{"type":"x"}',
      });
      expect(response.status).toBe(200);
    } finally {
      await again.stop();
    }
  });
});
