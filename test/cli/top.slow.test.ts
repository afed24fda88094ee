/** `carillon top` */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { commandLine, hasTerminal, Terminal } from '../support/terminal.ts';

const scratch = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  const HOME = mkdtempSync(join(scratch, 'home-'));
  env = { HOME, VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
  await run(['events', 'trigger', 'kv-v2/delete'], env);
  await vi.waitFor(async () => expect((await run(['top'], env)).stdout).toContain('kv-v2'), 10_000);
});
afterAll(() => server.stop());

it('shows the hubs once where there is no terminal', async () => {
  const { code, stdout, stderr } = await run(['top'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [heading, , ...rows] = stdout.trimEnd().split('\n');
  expect(heading).toMatch(/^Hub +Namespace +Sockets +Events\/s +Deliveries\/s +Commit ms/);
  expect(rows.map((row) => row.split(/ +/).slice(0, 3))).toContainEqual(['kv-v2', 'root', '0']);
});

it('prints rows for a program', async () => {
  const { stdout } = await run(['top', '--format=json', '--sort=sockets'], env);
  const { hubs } = JSON.parse(stdout) as { hubs: { hub: string; journal_events: number }[] };
  expect(hubs.find(({ hub }) => hub === 'kv-v2')).toMatchObject({ journal_events: 1, refused: 0 });
});

it('says what right is missing', async () => {
  const created = await run(['token', 'create', '--policy=default', '--field=token'], env);
  const { code, stderr } = await run(['top'], { ...env, VAULT_TOKEN: created.stdout.trim() });
  expect(code).toBe(1);
  expect(stderr).toContain('the token needs "read" on sys/metrics');
});

it.each([
  ['0', 'it must be from 1s to 24h'],
  ['600h', 'it must be from 1s to 24h'],
  ['x', 'it must be a duration such as 5s'],
])('refuses the interval %j', async (interval, message) => {
  const { code, stderr } = await run(['top', `--interval=${interval}`], env);
  expect(code).toBe(2);
  expect(stderr).toContain(`--interval is "${interval}"; ${message}`);
});

it.runIf(hasTerminal)('shows them again and again at a terminal, until Ctrl-C', async () => {
  const terminal = new Terminal(commandLine(['top', '--interval=1s']), env);
  for (let time = 0; time < 3; time++) await terminal.sees(/by deliveries[\s\S]*?kv-v2 +root/);
  terminal.type('\x03');
  expect(await terminal.finished).toBe(130);
});
