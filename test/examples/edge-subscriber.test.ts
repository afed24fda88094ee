import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';
import { carillon } from './support.ts';
import {
  carillonConfig,
  exampleConfig,
  frontConfig,
  migrate,
  PATIENCE_MS,
  startWranglerDev,
  type WranglerDev,
} from './wrangler-dev.ts';

const folder = scratchFolder();
/** What Vault would answer about `secret/metadata/`: names and their newest versions. */
let inVault: Record<string, number> = {};
let vault: Server;
let configs: string[] = [];
let workers: WranglerDev;

beforeAll(async () => {
  vault = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://vault.test');
    const name = pathname.replace('/v1/secret/metadata/', '');
    const data = searchParams.has('list')
      ? { keys: Object.keys(inVault) }
      : versionsOf(inVault[name]);
    response.statusCode = data === undefined ? 404 : 200;
    response.end(JSON.stringify({ data }));
  });
  await new Promise<void>((resolve) => vault.listen(0, '127.0.0.1', resolve));
  const { port } = vault.address() as AddressInfo;
  const edge = exampleConfig(
    folder,
    'edge-subscriber',
    (config) => config.replace(/^VAULT_ADDR = .*$/m, `VAULT_ADDR = "http://127.0.0.1:${port}"`),
    { VAULT_TOKEN: 'a-token-of-vault' },
  );
  migrate(edge, 'edge-subscriber', folder);
  const server = carillonConfig(
    folder,
    '[[services]]\nbinding = "EDGE"\nservice = "edge-subscriber"\n',
    {
      DESTINATION_BINDINGS: '{"EDGE": {"kind": "worker", "namespaces": [""]}}',
      JOURNAL_MAX_EVENTS: '100',
    },
  );
  configs = [frontConfig(folder, { edge: 'edge-subscriber' }), server, edge];
  workers = await startWranglerDev(configs, folder);
  const policy = join(folder, 'edge.hcl');
  writeFileSync(
    policy,
    'path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }',
  );
  await command('policy', 'write', 'edge', policy);
  await command(
    ...['destination', 'write', '--worker', 'EDGE', '--pattern', 'kv-v2/*'],
    ...['--policy', 'edge', 'edge'],
  );
}, 3 * PATIENCE_MS);

afterAll(async () => {
  await workers?.stop();
  vault.close();
});

function versionsOf(version: number | undefined): object | undefined {
  if (version === undefined) return undefined;
  const newest = { deletion_time: '', destroyed: false };
  return { current_version: version, versions: { [version]: newest } };
}

const command = (...args: string[]) =>
  carillon({ address: workers.address, token: 'root' }, ...args);

const trigger = (type: string, path: string, version?: number) =>
  command(
    ...['events', 'trigger', type, '--override', `path=${path}`],
    ...(version === undefined ? [] : ['--override', `current_version=${version}`]),
  );

/** Waits until the table of the example has these rows. */
async function tableIs(rows: Readonly<Record<string, number>>): Promise<void> {
  const expected = JSON.stringify(
    Object.entries(rows).map(([path, version]) => ({ path, version })),
  );
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  for (let shown = ''; shown !== expected; await sleep(100)) {
    if (deadline.aborted) throw new Error(`the table is ${shown}, and not ${expected}`);
    shown = await (await fetch(`${workers.address}/of/edge`)).text();
  }
}

/** Publishes more events than the journal retains. */
async function flood(): Promise<void> {
  const path = 'secret/data/flood';
  const operation = 'data-write';
  const metadata = { path, data_path: path, operation, modified: 'true', current_version: '1' };
  const event = { metadata };
  const response = await fetch(`${workers.address}/v1/sys/events/publish/kv-v2/data-write`, {
    method: 'POST',
    headers: { 'X-Vault-Token': 'root', 'Content-Type': 'application/json' },
    body: JSON.stringify(Array.from({ length: 300 }, () => event)),
  });
  expect(response.status, await response.text()).toBe(200);
}

describe('examples/edge-subscriber', { timeout: 2 * PATIENCE_MS }, () => {
  it('keeps its table true to what is written and deleted', async () => {
    await trigger('kv-v2/data-write', 'secret/data/app', 1);
    await tableIs({ app: 1 });
    await trigger('kv-v2/data-write', 'secret/data/team/other', 4);
    await trigger('kv-v2/data-patch', 'secret/data/app', 2);
    await tableIs({ app: 2, 'team/other': 4 });
    await trigger('kv-v2/data-delete', 'secret/data/team/other', 4);
    await tableIs({ app: 2 });
    await trigger('kv-v2/metadata-delete', 'secret/metadata/app');
    await tableIs({});
  });

  it('asks Vault where an event names versions', async () => {
    inVault = { app: 3 };
    await trigger('kv-v2/undelete', 'secret/undelete/app', 3);
    await tableIs({ app: 3 });
    inVault = {};
    await trigger('kv-v2/destroy', 'secret/destroy/app', 3);
    await tableIs({});
  });

  it('is told after a restart what happened meanwhile', async () => {
    await command('destination', 'pause', 'edge');
    await trigger('kv-v2/data-write', 'secret/data/app', 5);
    await workers.stop();
    workers = await startWranglerDev(configs, folder);
    await command('destination', 'resume', 'edge');
    await tableIs({ app: 5 });
  });

  it('reads everything where events are missing', async () => {
    await command('destination', 'pause', 'edge');
    await flood();
    inVault = { app: 6, flood: 1, new: 1 };
    await command('destination', 'resume', 'edge');
    // No event tells of the first and the last.
    await tableIs({ app: 6, flood: 1, new: 1 });
  });
});
