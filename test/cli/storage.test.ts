/** A hub whose file is damaged: what it says, what an operator sees, and the ways out. */
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { scratchFolder } from '../support/scratch.ts';

const PAGE = 4096;
const TOKEN = 'root-token-of-the-storage-test';
const scratch = scratchFolder();

let data: string;
let server: LocalServer;
/** Of the hub of `abc`. */
let hubId: string;
let cursor: string;

function api(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${server.address}/v1/sys/events/${path}`, {
    ...init,
    headers: { 'X-Vault-Token': TOKEN, ...init.headers },
  });
}

function publish(): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return api('publish/abc/x', { method: 'POST', headers, body: '{}' });
}

function listen(pattern: string, since: string): Promise<Response> {
  const query = new URLSearchParams({ since, limit: '1', wait: '1s' });
  const headers = { Accept: 'application/x-ndjson' };
  return api(`subscribe/${encodeURIComponent(pattern)}?${query}`, { headers });
}

async function stateOf(hub: string): Promise<Record<string, unknown>> {
  const { data: state } = (await (await api(`hubs/${hub}`)).json()) as {
    data: Record<string, unknown>;
  };
  return state;
}

async function start(): Promise<void> {
  server = await startLocalServer(['--data', data, '--root-token', TOKEN]);
}

function fileOfHub(): string {
  return join(data, 'durable-objects', 'carillon-Hub', `${hubId}.sqlite`);
}

/** Where the journal begins in the file of the hub. */
function journalInFile(): number {
  const database = new DatabaseSync(fileOfHub());
  const [table] = database
    .prepare("SELECT rootpage FROM sqlite_master WHERE name = 'segments'")
    .all();
  database.close();
  return (Number(table?.rootpage) - 1) * PAGE;
}

/** Overwrites a part of the file of the hub. */
function damage(position: number): void {
  const file = openSync(fileOfHub(), 'r+');
  writeSync(file, Buffer.alloc(PAGE - 100, 0xa5), 0, PAGE - 100, position);
  closeSync(file);
}

beforeEach(async () => {
  data = mkdtempSync(join(scratch, 'data-'));
  await start();
  for (let i = 0; i < 3; i++) expect((await publish()).status).toBe(200);
  cursor = (await listen('abc/*', 'earliest')).headers.get('Carillon-Cursor') ?? '';
  hubId = String((await stateOf('abc')).object_id);
  await server.stop();
  return async () => {
    await server.stop();
  };
});

it('a hub that cannot read its journal says so, and is reset', async () => {
  damage(journalInFile());
  await start();
  const refused = await publish();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('Retry-After')).toBe(null);
  expect(await refused.json()).toMatchObject({
    errors: [expect.stringContaining('whose hub cannot read its storage')],
    data: { failed: [0] },
  });
  for (const pattern of ['abc/*', '*']) {
    const answer = await listen(pattern, 'earliest');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      errors: [
        'the storage of the hub of abc cannot be read. Repeating the request does not help: an operator has to restore or reset it, see /v1/sys/events/hubs and the log',
      ],
    });
  }
  expect(await stateOf('abc')).toMatchObject({ state: 'unreadable', registered: true });
  expect(server.output()).toContain('the storage of the hub of abc cannot be read: ');
  expect(server.output()).toContain('DELETE /v1/sys/events/hubs/abc');

  expect((await api('hubs/abc', { method: 'DELETE' })).status).toBe(204);
  expect(await stateOf('abc')).toMatchObject({ state: 'empty' });
  expect(await (await listen('abc/*', cursor)).text()).toContain('storage_lost');
  expect((await publish()).status).toBe(200);
  expect(await stateOf('abc')).toMatchObject({ state: 'ok', registered: true });
  expect((await api('hubs/abc', { method: 'DELETE' })).status).toBe(400);
});

it('a hub whose object does not start is found out, and begins again without its file', async () => {
  damage(100);
  await start();
  const refused = await publish();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('Retry-After')).not.toBe(null);
  expect(await stateOf('abc')).toMatchObject({ state: 'unusable', object_id: hubId });
  const reset = await api('hubs/abc', { method: 'DELETE' });
  expect(reset.status).toBe(503);
  expect(await reset.text()).toContain(
    `move away what lies below durable-objects under the name ${hubId}`,
  );

  await server.stop();
  const folder = join(data, 'durable-objects', 'carillon-Hub');
  for (const name of readdirSync(folder)) {
    if (name.startsWith(hubId)) rmSync(join(folder, name));
  }
  await start();
  expect(await (await listen('abc/*', cursor)).text()).toContain('storage_lost');
  expect((await publish()).status).toBe(200);
});
