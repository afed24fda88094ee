/**
 * What do events of writes that pass through add to a request? Starts OpenBao in dev mode and three Carillons in front of it:
 * one without events, one that publishes them after the answer, and one that answers when they are stored. Writes secrets
 * through each in turn, and to OpenBao itself, one request at a time.
 *
 * Usage: node bench/upstream-events.ts <path of bao> [<writes>]   (default 2000 through each)
 */
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { carillonBundle } from './contestants/bundles.ts';
import { startWorkerd } from './contestants/server.ts';

const [bao, count = '2000'] = process.argv.slice(2);
if (bao === undefined) {
  console.error('usage: node bench/upstream-events.ts <path of bao> [<writes>]');
  process.exit(2);
}
const WRITES = Number(count);
const TOKEN = 'bao-root';
const PAUSE_MS = 5;
const agent = new Agent({ keepAlive: true });

const upstream = await freePort();
const openBao = spawn(
  bao,
  [
    ...['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${TOKEN}`],
    `-dev-listen-address=127.0.0.1:${upstream}`,
  ],
  { stdio: 'ignore' },
);
const { code, config } = await carillonBundle();
const servers = await Promise.all(
  ['off', 'on', 'strict'].map(async (events) => {
    const changed = config
      .replace('UPSTREAM_ADDR = ""', `UPSTREAM_ADDR = "http://127.0.0.1:${upstream}"`)
      .replace('UPSTREAM_EVENTS = "off"', `UPSTREAM_EVENTS = "${events}"`);
    const server = await startWorkerd({ code, config: changed }, [], true);
    return { name: `through Carillon, events ${events}`, port: server.port, server };
  }),
);
try {
  await ready();
  const targets = [{ name: 'OpenBao itself', port: upstream }, ...servers];
  const latencies = new Map(targets.map(({ name }) => [name, [] as number[]]));
  // The first writes warm up, and are not counted.
  for (let i = -WRITES / 10; i < WRITES; i++) {
    for (const { name, port } of targets) {
      const begin = performance.now();
      await write(port);
      if (i >= 0) latencies.get(name)?.push(performance.now() - begin);
      // What a server does after its answer must not count for the next one.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  for (const [name, all] of latencies) {
    const sorted = all.sort((a, b) => a - b);
    const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(2);
    console.log(`${name.padEnd(32)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  }
} finally {
  openBao.kill('SIGKILL');
  await Promise.all(servers.map(({ server }) => server.stop()));
  agent.destroy();
}

async function ready(): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      return await write(upstream);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function write(port: number): Promise<void> {
  const body = JSON.stringify({ data: { password: 'x' } });
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        path: '/v1/secret/data/app',
        method: 'PUT',
        headers: { 'X-Vault-Token': TOKEN, 'Content-Length': Buffer.byteLength(body) },
      },
      (response) => {
        response
          .resume()
          .once('end', () =>
            response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
          );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
