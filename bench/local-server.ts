/**
 * Which way of running the Worker on this machine should `carillon dev` take? Starts each, and
 * measures the time until it answers, how many sockets it holds, and how fast it publishes.
 *
 * Usage: node bench/local-server.ts [<sockets>]   (default 9000; `ulimit -n` must be twice that)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import WebSocket from 'ws';
import { buildBundle } from '../src/cli/dev/bundle.ts';

const SOCKETS = Number(process.argv[2] ?? 9000);
const PUBLISHES = 500;
const OPENING_AT_ONCE = 50;
const TOKEN = 'root';
const PORT = 8399;
const ADDRESS = `127.0.0.1:${PORT}`;

interface Server {
  stop(): Promise<void>;
}

const CONTENDERS: Readonly<Record<string, () => Promise<Server>>> = {
  'workerd serve (carillon dev)': async () =>
    startProcess(['bin/carillon.js', 'dev', '--port', String(PORT), '--root-token', TOKEN]),
  // Nothing is passed to it.
  'workerd behind a front (--upstream)': async () =>
    startProcess([
      'bin/carillon.js',
      'dev',
      '--port',
      String(PORT),
      '--root-token',
      TOKEN,
      '--upstream',
      'http://127.0.0.1:9',
    ]),
  'Miniflare as a library': startMiniflare,
  'wrangler dev': async () =>
    startProcess([
      'node_modules/wrangler/bin/wrangler.js',
      'dev',
      '--port',
      String(PORT),
      '--var',
      `ROOT_TOKEN:${TOKEN}`,
      '--persist-to',
      join(scratch, 'wrangler'),
    ]),
};

const scratch = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
for (const [name, start] of Object.entries(CONTENDERS)) {
  const begin = performance.now();
  const server = await start();
  try {
    await answering();
    const readyMs = performance.now() - begin;
    const perSecond = await publishRate();
    const { held, delivered } = await holdSockets();
    console.log(
      `${name.padEnd(36)} ready ${(readyMs / 1000).toFixed(1)} s, ${perSecond.toFixed(0)} publishes/s one at a time, ` +
        `${held} of ${SOCKETS} sockets held, ${delivered} heard an event`,
    );
  } finally {
    await server.stop();
  }
}
rmSync(scratch, { recursive: true, force: true });
process.exit();

function startProcess(args: string[]): Server {
  const child: ChildProcess = spawn(process.execPath, args, { stdio: 'ignore', detached: true });
  return {
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGKILL'), 5000).unref();
      }),
  };
}

async function startMiniflare(): Promise<Server> {
  const bundle = await buildBundle();
  if (!bundle.ok) throw new Error(bundle.failure.message);
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: PORT,
    resourcePersistencePath: join(scratch, 'miniflare'),
    workers: [
      {
        config: {
          name: 'carillon',
          compatibilityDate: '2026-08-15',
          compatibilityFlags: ['no_web_socket_compression'],
          manifest: {
            mainModule: 'worker.js',
            modulesRoot: '/',
            modules: { 'worker.js': { type: 'esm', contents: bundle.value.code } },
          },
          env: {
            ROOT_TOKEN: { type: 'text', value: TOKEN },
            CLUSTER_NAME: { type: 'text', value: 'carillon' },
            ALLOWED_ORIGINS: { type: 'text', value: '' },
            HUB: { type: 'durable-object', worker: 'carillon', exportName: 'Hub' },
            WILDCARD_HUB: {
              type: 'durable-object',
              worker: 'carillon',
              exportName: 'WildcardHub',
            },
            REGION_HEAD: { type: 'durable-object', worker: 'carillon', exportName: 'RegionHead' },
            DESTINATION: { type: 'durable-object', worker: 'carillon', exportName: 'Destination' },
            DISPATCHER: { type: 'durable-object', worker: 'carillon', exportName: 'Dispatcher' },
            SHARD: { type: 'durable-object', worker: 'carillon', exportName: 'Shard' },
            RESTORATION: {
              type: 'durable-object',
              worker: 'carillon',
              exportName: 'Restoration',
            },
          },
          exports: {
            Hub: { type: 'durable-object', storage: 'sqlite' },
            WildcardHub: { type: 'durable-object', storage: 'sqlite' },
            RegionHead: { type: 'durable-object', storage: 'sqlite' },
            Destination: { type: 'durable-object', storage: 'sqlite' },
            Dispatcher: { type: 'durable-object', storage: 'sqlite' },
            Restoration: { type: 'durable-object', storage: 'sqlite' },
            Shard: { type: 'durable-object', storage: 'sqlite' },
          },
        },
      },
    ],
  });
  await miniflare.ready;
  return { stop: () => miniflare.dispose() };
}

async function answering(): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const response = await fetch(`http://${ADDRESS}/v1/sys/health`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the server did not answer within 30 s');
}

function publish(): Promise<Response> {
  return fetch(`http://${ADDRESS}/v1/sys/events/publish/bench/event`, {
    method: 'POST',
    headers: { 'X-Vault-Token': TOKEN, 'Content-Type': 'application/json' },
    body: '{"metadata":{"path":"bench"}}',
    signal: AbortSignal.timeout(30_000),
  });
}

async function publishRate(): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < PUBLISHES; i++) await (await publish()).arrayBuffer();
  return PUBLISHES / ((performance.now() - begin) / 1000);
}

/** Opens sockets until one fails, publishes an event, and counts who hears it. */
async function holdSockets(): Promise<{ held: number; delivered: number }> {
  const sockets: WebSocket[] = [];
  let delivered = 0;
  let failed = false;
  const open = () =>
    new Promise<void>((resolve) => {
      const socket = new WebSocket(
        `ws://${ADDRESS}/v1/sys/events/subscribe/bench/event?json=true`,
        {
          headers: { 'X-Vault-Token': TOKEN },
          handshakeTimeout: 30_000,
        },
      );
      socket.once('open', () => {
        sockets.push(socket);
        resolve();
      });
      socket.once('error', () => {
        failed = true;
        resolve();
      });
      socket.on('message', () => {
        delivered++;
      });
    });
  while (sockets.length < SOCKETS && !failed) {
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, open));
  }
  await publish().catch(() => undefined);
  const deadline = performance.now() + 20_000;
  while (delivered < sockets.length && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const held = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  for (const socket of sockets) socket.terminate();
  return { held, delivered };
}
