/** What every command says of a namespace that the server does not have. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
const event = join(scratch, 'event.json');
let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  writeFileSync(event, '{"event_type":"bells"}');
  server = await startLocalServer([]);
  env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token, HOME: scratch };
});
afterAll(() => server.stop());

it.each([
  ['policy list'],
  ['policy read reader'],
  ['token lookup'],
  ['token create'],
  ['source read github'],
  ['namespace create a'],
  ['auth list'],
  ['login --no-store -'],
  ['events publish bells path=x'],
  ['events trigger kv-v2/data-write'],
  ['events types'],
  ['events ticket'],
  ['events explain --pattern bells --event EVENT'],
  ['events subscribe bells'],
  ['events subscribe --protobuf bells'],
  ['events subscribe --follow bells'],
  ['events subscribe --since earliest bells'],
  ['events listen --forward-to http://127.0.0.1:9 bells'],
])('carillon %s says that there is no such namespace', async (line) => {
  const args = line.replace('EVENT', event).split(' ');
  const refused = await run([...args, '--namespace', '/team-a/nope/'], env, server.token);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(
    'carillon: there is no namespace "team-a/nope"; "carillon namespace list --namespace team-a" shows which there are\n',
  );
});

it('an address that ends with the version is not taken for a namespace', async () => {
  const there = { ...env, VAULT_ADDR: `${server.address}/v1` };
  const { stderr } = await run(['policy', 'list', '--namespace', 'nope'], there);
  expect(stderr).toContain('The path begins with "/v1/" twice');
});
