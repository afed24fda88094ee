/** `carillon admin`: what it asks before something is lost, and what the local server cannot do. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../releases/api.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';

let server: LocalServer;
let root: Api;
beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root']);
  root = new Api(server.address, 'root');
});
afterAll(() => server.stop());

function admin(...args: string[]) {
  return run(['admin', ...args], { VAULT_ADDR: server.address, VAULT_TOKEN: 'root' });
}

it('deletes events only with --yes, where nobody can be asked', async () => {
  await root.publish('deploy/x', [{ id: 'a' }]);
  const refused = await admin('delete-events');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('run the command again with --yes. Nothing was changed');
  expect(await root.received('deploy/*', 'earliest')).toEqual(['a']);
  expect((await admin('delete-events', '--yes')).code).toBe(0);
  expect(await root.received('deploy/*', 'earliest')).toEqual([]);
}, 60_000);

it('restores nothing on a local server, and says what does', async () => {
  await root.publish('deploy/x', [{ id: 'a' }]);
  const time = ['--time', '2026-01-01T00:00:00Z', '--yes'];
  for (const object of [['--hub', 'deploy'], ['--authority']]) {
    const { code, stderr } = await admin('restore', ...object, ...time);
    expect(code).toBe(1);
    expect(stderr).toContain('start it with --restored');
    expect(stderr).not.toContain('..');
    const bookmark = await admin('bookmark', ...object);
    expect(bookmark.code).toBe(1);
    expect(bookmark.stderr).toContain('no point-in-time recovery');
  }
}, 60_000);

it('moves a hub, says what to deploy, and takes that back', async () => {
  await root.publish('moving/x', [{ id: 'a' }]);
  expect((await admin('move', '--hub', 'moving', '--place', '2')).stderr).toContain('--yes');
  const moved = await admin('move', '--hub', 'moving', '--place', '2', '--yes');
  expect(moved.stderr).toBe('');
  expect(moved.stdout).toMatch(/moved_hubs +moving=2/);
  const status = (id: string) =>
    fetch(`${server.address}/v1/sys/events/publish/moving/x`, {
      method: 'POST',
      headers: { 'X-Vault-Token': 'root', 'Content-Type': 'application/json' },
      body: JSON.stringify({ id }),
    }).then((response) => response.status);
  expect(await status('b')).toBe(503);
  const cancelled = await admin('move', '--hub', 'moving', '--cancel');
  expect(cancelled.stderr).toContain('the hub of moving is where it was');
  expect(await status('b')).toBe(200);
  expect(await root.received('moving/*', 'earliest')).toEqual(['a', 'b']);
}, 60_000);

it.each([
  [['move', '--hub', 'a'], 'one of --place, --finish and --cancel'],
  [['move', '--hub', 'a', '--finish', '--cancel'], 'one of --place, --finish and --cancel'],
  [['move', '--hub', 'a', '--finish', '--location', 'weur'], '--location needs --place'],
  [['restore', '--time', '2026-01-01T00:00:00Z'], 'give either --hub or --authority'],
  [['restore', '--hub', 'a', '--authority', '--bookmark', 'b'], 'give either --hub or --authority'],
  [['restore', '--hub', 'a'], 'give either --time or --bookmark'],
  [
    ['restore', '--authority', '--time', 'x', '--bookmark', 'b'],
    'give either --time or --bookmark',
  ],
])('%j is wrong use', async (args, message) => {
  const { code, stderr } = await admin(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
