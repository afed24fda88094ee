/** `.dev.vars` in the folder in which the local server is started. */
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
const SECRET = 'root-token-of-the-file';

/** A folder with these files. */
function folderWith(files: Readonly<Record<string, string>>, mode = 0o600): string {
  const folder = mkdtempSync(join(scratch, 'vars-'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
  }
  return folder;
}

function serve(
  files: Readonly<Record<string, string>>,
  args: string[] = [],
  env: Readonly<Record<string, string>> = {},
  mode?: number,
): Promise<LocalServer> {
  return startLocalServer(args, undefined, env, folderWith(files, mode));
}

async function clusterOf({ address }: LocalServer): Promise<string> {
  const health = await fetch(`${address}/v1/sys/health`);
  return ((await health.json()) as { cluster_name: string }).cluster_name;
}

async function accepts({ address }: LocalServer, token: string): Promise<boolean> {
  const headers = { 'X-Vault-Token': token };
  return (await fetch(`${address}/v1/auth/token/lookup-self`, { headers })).ok;
}

describe('.dev.vars', () => {
  it('has variables and the root token, which is not printed', async () => {
    const text = `# a comment\r\nCLUSTER_NAME="of-file"\r\nexport ROOT_TOKEN=${SECRET}\r\n`;
    const server = await serve({ '.dev.vars': text });
    expect(await clusterOf(server)).toBe('of-file');
    expect(await accepts(server, SECRET)).toBe(true);
    expect(server.token).toBe('"$ROOT_TOKEN"');
    expect(server.output()).toContain('from .dev.vars: CLUSTER_NAME, ROOT_TOKEN\n');
    await server.stop();
    expect(server.output()).not.toContain(SECRET);
    expect(server.output()).not.toContain('warning');
  });

  it('gives way to options and to the ROOT_TOKEN of the environment', async () => {
    const files = { '.dev.vars': `CLUSTER_NAME=of-file\nROOT_TOKEN=${SECRET}\n` };
    const env = { ROOT_TOKEN: 'of-environment' };
    const server = await serve(files, ['--var', 'CLUSTER_NAME=of-option'], env);
    expect(await clusterOf(server)).toBe('of-option');
    expect(await accepts(server, SECRET)).toBe(false);
    expect(await accepts(server, 'of-environment')).toBe(true);
    await server.stop();
  });

  it.each([
    [[], false],
    [['--log', 'text'], true],
    [['--log', 'text', '--var', 'REQUEST_LOG=off'], false],
  ] as const)('with REQUEST_LOG=off and %j: lines for requests are %j', async (args, isLogged) => {
    const server = await serve({ '.dev.vars': 'REQUEST_LOG=off\n' }, [...args]);
    await clusterOf(server);
    await server.stop();
    expect(/^\S+ +GET .*sys\/health/m.test(server.output())).toBe(isLogged);
  });

  it('is named as it is called when its token cannot be used', async () => {
    const files = { '.dev.vars': 'ROOT_TOKEN=fine', '.dev.vars.staging': 'ROOT_TOKEN=a b' };
    await expect(serve(files, [], { CLOUDFLARE_ENV: 'staging' })).rejects.toThrow(
      'ROOT_TOKEN of .dev.vars.staging must be printable ASCII',
    );
  });

  it('is that of the environment, if there is one', async () => {
    const files = {
      '.dev.vars': 'CLUSTER_NAME=of-all',
      '.dev.vars.staging': 'CLUSTER_NAME=staging',
    };
    for (const [name, cluster] of [
      ['staging', 'staging'],
      ['production', 'of-all'],
    ] as const) {
      const server = await serve(files, [], { CLOUDFLARE_ENV: name });
      expect(await clusterOf(server)).toBe(cluster);
      await server.stop();
    }
  });

  it('has names that nobody reads: each is named, and its value is not', async () => {
    const text = 'CLUSTER_NAM=hunter2\nDATABASE_URL=hunter2\nSOURCE_KEY=\n';
    const server = await serve({ '.dev.vars': text });
    const output = server.output();
    await server.stop();
    expect(output).toContain(
      'warning: .dev.vars: CLUSTER_NAM is no variable of Carillon; nearest to it is CLUSTER_NAME\n',
    );
    expect(output).toContain('warning: .dev.vars: DATABASE_URL is no variable of Carillon; there');
    expect(output).not.toContain('hunter2');
  });

  it('is told to be private when it has a secret and others can read it', async () => {
    for (const [text, warns] of [
      [`ROOT_TOKEN=${SECRET}`, true],
      ['CLUSTER_NAME=a', false],
    ] as const) {
      const server = await serve({ '.dev.vars': text }, [], {}, 0o644);
      expect(server.output().includes('can read the secret in .dev.vars (mode 644)')).toBe(warns);
      await server.stop();
    }
  });

  it('has a SOURCE_KEY under which secrets can be stored, and those of the folder stay', async () => {
    const data = join(scratch, 'data');
    const key = Buffer.alloc(32, 'k').toString('base64');
    const write = async ({ address, token }: LocalServer, name: string) =>
      (
        await fetch(`${address}/v1/sys/events/sources/${name}`, {
          method: 'PUT',
          headers: { 'X-Vault-Token': token },
          body: JSON.stringify({ kind: 'github', secrets: ['the-secret-of-the-source'] }),
        })
      ).status;
    const deliver = async ({ address }: LocalServer, name: string) =>
      (await fetch(`${address}/v1/sys/events/in/${name}`, { method: 'POST' })).status;
    const before = await startLocalServer(['--data', data]);
    expect(await write(before, 'old')).toBe(204);
    await before.stop();
    const after = await serve({ '.dev.vars': `SOURCE_KEY=${key}` }, ['--data', data]);
    expect(await write(after, 'new')).toBe(204);
    // 401 means that the secret could be opened; 503 that it could not.
    expect([await deliver(after, 'old'), await deliver(after, 'new')]).toEqual([401, 401]);
    await after.stop();
  });

  it.each([
    ['ROOT_TOKEN=a b', 'ROOT_TOKEN of .dev.vars must be printable ASCII'],
    ['SOURCE_KEY=short', '.dev.vars: SOURCE_KEY must be 32 bytes in Base64'],
    ['JOURNAL_MAX_AGE=soon', '.dev.vars: the variable JOURNAL_MAX_AGE is "soon"'],
    [
      'CLUSTER_NAME=a\nROOT_TOKEN="hunter2',
      '.dev.vars:2: the value begins with a quote that nothing',
    ],
  ])('is refused: %s', async (text, message) => {
    await expect(serve({ '.dev.vars': text })).rejects.toThrow(message);
  });

  it('has lines that count for nothing: each is named by its number', async () => {
    const server = await serve({ '.dev.vars': 'CLUSTER_NAME=a\nhunter2\n\nCLUSTER_NAME=b\n' });
    const output = server.output();
    expect(await clusterOf(server)).toBe('b');
    await server.stop();
    expect(output).toContain('warning: .dev.vars:2: this line is not NAME=VALUE, so it is ignored');
    expect(output).toContain('warning: .dev.vars:4: the variable of line 1 is here again');
    expect(output).not.toContain('hunter2');
  });

  it('may not be a link that leads nowhere', async () => {
    const folder = mkdtempSync(join(scratch, 'vars-'));
    symlinkSync(join(folder, 'nowhere'), join(folder, '.dev.vars'));
    await expect(startLocalServer([], undefined, {}, folder)).rejects.toThrow(
      'cannot read .dev.vars: ',
    );
  });

  it('may be a folder of something else', async () => {
    const folder = mkdtempSync(join(scratch, 'vars-'));
    mkdirSync(join(folder, '.dev.vars'));
    const server = await startLocalServer([], undefined, {}, folder);
    expect(await clusterOf(server)).toBe('carillon');
    expect(server.output()).toContain('warning: .dev.vars is a folder, so no variables are read');
    await server.stop();
  });
});
