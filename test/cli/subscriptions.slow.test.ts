/** `carillon subscriptions list` and `close` */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

/** A subscriber that goes on until the test is over. */
async function subscriber(...args: string[]) {
  const started = start(['events', 'subscribe', ...args], env);
  await started.stderrMatching(/subscribed/);
  return started;
}

it('lists subscriptions, all of them or as many as wanted, and closes one', async () => {
  expect(await run(['subscriptions', 'list'], env)).toMatchObject({
    code: 1,
    stderr: 'carillon: there are no open subscriptions\n',
  });
  expect((await run(['subscriptions', 'list', '--hub=nope'], env)).stderr).toBe(
    'carillon: there are no open subscriptions at the hub "nope"\n',
  );
  const subscribers = [
    await subscriber('kv-v2/data-write', '--filter', 'operation == write'),
    await subscriber('kv-v2/*'),
    await subscriber('--follow', '*'),
  ];
  const table = await run(['subscriptions', 'list'], env);
  expect(table.code, table.stderr).toBe(0);
  const [heading, , ...rows] = table.stdout.trimEnd().split('\n');
  expect(heading).toMatch(/^Id +Event type +Accessor +Client +Open since +Lag +Unacked +Filter$/);
  expect(rows.length).toBe(3);
  expect(rows[0]).toMatch(/^\*\.\d+\.\S+ +\* +root +carillon\.v1 json +20\S+Z +0 +0 +n\/a$/);
  expect(rows[1]).toMatch(/operation == write$/);
  const ids = rows.map((row) => row.split(' ')[0] ?? '');

  const first = await run(['subscriptions', 'list', '--limit', '2', '--format', 'ndjson'], env);
  expect(
    first.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).key),
  ).toEqual(ids.slice(0, 2));
  expect(first.stderr).toBe(`note: there are more; go on with --after ${ids[1]}\n`);
  const rest = await run(['subscriptions', 'list', `--after=${ids[1]}`, '--format=json'], env);
  expect(JSON.parse(rest.stdout).data.keys).toEqual(ids.slice(2));
  const ofHub = await run(['subscriptions', 'list', '--hub=kv-v2', '--format=json'], env);
  expect(JSON.parse(ofHub.stdout).data.keys).toEqual(ids.slice(1));

  const closed = await run(['subscriptions', 'close', ids[0] ?? ''], env);
  expect(closed).toMatchObject({
    code: 0,
    stderr: `closed the subscription ${ids[0]}\nwarning: the client may reconnect at once; to keep it out, replace the root token (ROOT_TOKEN), which it uses\n`,
  });
  await subscribers[2]?.stderrMatching(/closed_by_operator/);
  const again = await run(['subscriptions', 'close', ids[0] ?? ''], env);
  expect(again).toMatchObject({
    code: 1,
    stderr: `carillon: the server answered 404: no open subscription has the id "${ids[0]}": it may have ended meanwhile\n`,
  });
  for (const { child, finished } of subscribers) {
    child.kill('SIGINT');
    await finished;
  }
});

it('says what right is missing', async () => {
  const created = await run(['token', 'create', '--policy=default', '--field=token'], env);
  const poor = { ...env, VAULT_TOKEN: created.stdout.trim() };
  expect(await run(['subscriptions', 'list'], poor)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'the token needs "list" and "sudo" on sys/events/subscriptions',
    ),
  });
});
