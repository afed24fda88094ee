import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { scratchFolder } from '../support/scratch.ts';
import { carillon, ROOT } from './support.ts';
import { PATIENCE_MS, startWranglerDev, type WranglerDev } from './wrangler-dev.ts';

const folder = scratchFolder();
let server: LocalServer;
let worker: WranglerDev;

beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root']);
  await startWorker();
}, 2 * PATIENCE_MS);

afterAll(async () => {
  await worker.stop();
  await server.stop();
});

/** Runs the example as its document says, with its objects in a folder of the test. */
async function startWorker(): Promise<void> {
  worker = await startWranglerDev(
    [join(ROOT, 'examples/worker-subscriber/wrangler.toml')],
    folder,
    ['--var', `CARILLON_ADDR:${server.address}`, '--var', `CARILLON_TOKEN:${server.token}`],
  );
}

/** Asks the Worker until it knows this version of the secret. */
async function knows(path: string, version: string): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const versions = (await (await fetch(worker.address, { signal })).json()) as Record<
      string,
      string
    >;
    if (versions[path] === version) return;
    await sleep(100, undefined, { signal });
  }
}

const write = (path: string, version: string) =>
  carillon(
    server,
    ...['events', 'trigger', 'kv-v2/data-write'],
    ...['--override', `path=${path}`, '--override', `current_version=${version}`],
  );

describe('examples/worker-subscriber', () => {
  it('knows what was written before it began, and what is written later', async () => {
    await write('secret/data/app', '1');
    await knows('secret/data/app', '1');
    await write('secret/data/app', '2');
    await knows('secret/data/app', '2');
  });

  it('resumes after a restart with what it missed, and what it stored', async () => {
    await worker.stop();
    await write('secret/data/other', '7');
    await startWorker();
    await knows('secret/data/other', '7');
    await knows('secret/data/app', '2');
  });
});
