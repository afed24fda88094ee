import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
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
let workers: WranglerDev;

const command = (...args: string[]) =>
  carillon({ address: workers.address, token: 'root' }, ...args);

beforeAll(async () => {
  const consumer = exampleConfig(folder, 'queue-consumer', (config) => config);
  migrate(consumer, 'carillon-queue-consumer', folder);
  const server = carillonConfig(
    folder,
    '[[queues.producers]]\nbinding = "JOBS"\nqueue = "carillon-events"\n',
    { DESTINATION_BINDINGS: '{"JOBS": {"kind": "queue", "namespaces": [""]}}' },
  );
  const front = frontConfig(folder, { consumer: 'carillon-queue-consumer' });
  workers = await startWranglerDev([front, server, consumer], folder);
  const policy = join(folder, 'jobs.hcl');
  writeFileSync(
    policy,
    'path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }',
  );
  await command('policy', 'write', 'jobs', policy);
  await command(
    ...['destination', 'write', '--queue', 'JOBS', '--pattern', 'kv-v2/*'],
    ...['--policy', 'jobs', '--since', 'earliest', 'jobs'],
  );
}, 3 * PATIENCE_MS);

afterAll(() => workers?.stop());

async function changesAre(changes: Readonly<Record<string, number>>): Promise<void> {
  const expected = JSON.stringify(
    Object.entries(changes).map(([path, number]) => ({ path, changes: number })),
  );
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  for (let shown = ''; shown !== expected; await sleep(100)) {
    if (deadline.aborted) throw new Error(`the table is ${shown}, and not ${expected}`);
    shown = await (await fetch(`${workers.address}/of/consumer`)).text();
  }
}

const write = (path: string) =>
  command('events', 'trigger', 'kv-v2/data-write', '--override', `path=${path}`);

describe('examples/queue-consumer', { timeout: 2 * PATIENCE_MS }, () => {
  it('handles what is published', async () => {
    await write('secret/data/app');
    await write('secret/data/app');
    await write('secret/data/other');
    await changesAre({ 'secret/data/app': 2, 'secret/data/other': 1 });
  });

  it('handles an event once that is delivered again', async () => {
    await command('destination', 'replay', '--since', 'earliest', 'jobs');
    await write('secret/data/last');
    // The queue promises no order, but the replay is sent before what is written after it.
    await changesAre({ 'secret/data/app': 2, 'secret/data/last': 1, 'secret/data/other': 1 });
  });
});
