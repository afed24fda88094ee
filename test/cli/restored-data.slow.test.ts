/** Files of a data folder that come from a backup: the operator says so, and nothing of the lost time is mistaken. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Api } from '../releases/api.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
const HUBS = 'durable-objects/carillon-Hub';

/** Runs a server with these options while `use` does. */
async function serving<T>(
  data: string,
  options: readonly string[],
  use: (root: Api, server: LocalServer) => Promise<T>,
): Promise<T> {
  const server = await startLocalServer(['--data', data, '--root-token', 'root', ...options]);
  try {
    return await use(new Api(server.address, 'root'), server);
  } finally {
    await server.stop();
  }
}

/** The cursor after so many of the retained events. */
async function lastCursor(root: Api, pattern: string, events: number): Promise<string> {
  return (await root.stream(pattern, 'earliest', events)).at(-1)?.cursor ?? '';
}

it('a restored hub feeds its new events, and tells cursors of the lost time of a gap', async () => {
  const data = mkdtempSync(join(scratch, 'hub-'));
  const backup = `${data}-backup`;
  await serving(data, [], async (root) => {
    expect(await root.received('*', 'earliest')).toEqual([]);
    await root.publish('deploy/x', [{ id: 'a' }, { id: 'b' }]);
  });
  cpSync(join(data, HUBS), backup, { recursive: true });
  const cursors = await serving(data, [], async (root) => {
    await root.publish('deploy/x', [{ id: 'c' }, { id: 'd' }]);
    return Promise.all(['deploy/*', '*'].map((pattern) => lastCursor(root, pattern, 4)));
  });
  rmSync(join(data, HUBS), { recursive: true });
  cpSync(backup, join(data, HUBS), { recursive: true });
  await serving(data, ['--restored', 'hubs'], async (root) => {
    await root.publish('deploy/x', [{ id: 'e' }, { id: 'f' }]);
    expect(await root.received('deploy/*', cursors[0] ?? '')).toEqual([
      'gap: storage_lost',
      'a',
      'b',
      'e',
      'f',
    ]);
    const all = ['gap: storage_lost', 'a', 'b', 'c', 'd', 'gap: feed_lost', 'e', 'f'];
    expect(await root.received('*', cursors[1] ?? '')).toEqual(all);
  });
  const again = await serving(data, [], async (root) => {
    const cursor = await lastCursor(root, 'deploy/*', 4);
    await root.publish('deploy/x', [{ id: 'g' }]);
    return root.received('deploy/*', cursor);
  });
  expect(again).toEqual(['g']);
}, 120_000);

it('no token of a restored folder is valid, and one of before is', async () => {
  const data = mkdtempSync(join(scratch, 'all-'));
  const backup = `${data}-backup`;
  const token = await serving(data, [], async (root) => {
    const { auth } = await root.post('auth/token/create', { policies: ['default'] });
    return auth.client_token;
  });
  cpSync(data, backup, { recursive: true });
  let output = '';
  const isValid = (options: readonly string[]) =>
    serving(backup, options, async (_root, { address, output: printed }) => {
      output = printed();
      const { status } = await new Api(address, token).ask('GET', 'auth/token/lookup-self');
      return status === 200;
    });
  expect(await isValid([])).toBe(true);
  expect(output).not.toContain('restored:');
  expect(await isValid(['--restored', 'hubs'])).toBe(true);
  expect(output).toContain('restored: subscribers that resume get a gap. Leave out --restored');
  expect(await isValid(['--restored', 'all'])).toBe(false);
  expect(output).toContain('restored: all tokens have ended, and subscribers');
  expect(await isValid([])).toBe(false);
}, 120_000);

it('what was restored is in a folder that has a name', async () => {
  const { code, stderr } = await run(['dev', '--port', '0', '--restored', 'all']);
  expect(code).toBe(2);
  expect(stderr).toContain('--restored needs --data');
  const data = join(mkdtempSync(join(scratch, 'none-')), 'data');
  const refused = await run(['dev', '--port', '0', '--data', data, '--restored', 'all']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('has no files of a backup');
  expect(existsSync(data)).toBe(false);
});
