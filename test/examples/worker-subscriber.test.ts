import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { inTime } from '../support/in-time.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { scratchFolder } from '../support/scratch.ts';
import { carillon, ROOT } from './support.ts';

const PATIENCE_MS = 60_000;

const folder = scratchFolder();
let server: LocalServer;
let worker: ChildProcess;
let address: string;

beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root']);
  await startWorker();
}, 2 * PATIENCE_MS);

afterAll(async () => {
  await stopWorker();
  await server.stop();
});

/** Runs the example as its document says, with its objects in a folder of the test. */
async function startWorker(): Promise<void> {
  worker = spawn(
    process.execPath,
    [
      join(ROOT, 'node_modules/wrangler/bin/wrangler.js'),
      ...['dev', '--config', join(ROOT, 'examples/worker-subscriber/wrangler.toml')],
      ...['--port', '0', '--inspector-port', '0', '--persist-to', join(folder, 'state')],
      ...['--var', `CARILLON_ADDR:${server.address}`, '--var', `CARILLON_TOKEN:${server.token}`],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        WRANGLER_LOG_PATH: join(folder, 'logs'),
      },
    },
  );
  let output = '';
  const ready = new Promise<string>((resolve) => {
    for (const stream of [worker.stdout, worker.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = /Ready on (http:\/\/\S+)/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
    }
  });
  address = await inTime(ready, PATIENCE_MS, () => new Error(`wrangler is not ready:\n${output}`));
}

async function stopWorker(): Promise<void> {
  const ended = new Promise((resolve) => worker.once('close', resolve));
  worker.kill('SIGTERM');
  await ended;
}

/** Asks the Worker until it knows this version of the secret. */
async function knows(path: string, version: string): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const versions = (await (await fetch(address, { signal })).json()) as Record<string, string>;
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
    await stopWorker();
    await write('secret/data/other', '7');
    await startWorker();
    await knows('secret/data/other', '7');
    await knows('secret/data/app', '2');
  });
});
