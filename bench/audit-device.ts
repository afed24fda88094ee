/**
 * What does Carillon as an audit device add to a request of OpenBao? Starts two servers of it in dev mode, one
 * whose audit device is a source of Carillon and one that audits nothing, and writes and reads secrets on
 * both in turn, one request at a time.
 *
 * Usage: node bench/audit-device.ts <path of bao> [<requests>]   (default 2000 of each)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carillonBundle } from './contestants/bundles.ts';
import { makeAuditSource } from './contestants/carillon.ts';
import { startWorkerd } from './contestants/server.ts';

const [bao, count = '2000'] = process.argv.slice(2);
if (bao === undefined) {
  console.error('usage: node bench/audit-device.ts <path of bao> [<requests>]');
  process.exit(2);
}
const REQUESTS = Number(count);
const SECRET = 'the-secret-of-the-device';
const TOKEN = 'root';
const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const carillon = await startWorkerd(await carillonBundle());
const address = await makeAuditSource(carillon, 'openbao', SECRET);
const config = join(folder, 'audit.hcl');
const headers = JSON.stringify({ 'X-Vault-Token': [SECRET] });
writeFileSync(
  config,
  `audit "http" "carillon" {
  options {
    uri     = "http://127.0.0.1:${carillon.port}${address}"
    headers = ${JSON.stringify(headers)}
  }
}
`,
);
const servers = [await startBao('audits nothing'), await startBao('audits here', config)];
const LOADS = {
  'a write, which becomes an event': ['POST', JSON.stringify({ data: { password: 'x' } })],
  'a read, which becomes none': ['GET', ''],
} as const;
try {
  for (const [load, [method, body]] of Object.entries(LOADS)) {
    const latencies = new Map(servers.map(({ name }) => [name, [] as number[]]));
    for (let i = 0; i < REQUESTS; i++) {
      for (const { name, port } of servers) {
        const begin = performance.now();
        await call(port, method, body);
        latencies.get(name)?.push(performance.now() - begin);
      }
    }
    for (const [name, all] of latencies) {
      const sorted = all.sort((a, b) => a - b);
      const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(2);
      console.log(`${load.padEnd(32)} ${name.padEnd(15)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
    }
  }
} finally {
  for (const { process } of servers) process.kill('SIGKILL');
  await carillon.stop();
  rmSync(folder, { recursive: true, force: true });
}

interface Bao {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

async function startBao(name: string, file?: string): Promise<Bao> {
  const port = await freePort();
  const args = ['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${TOKEN}`];
  const child = spawn(
    bao ?? '',
    [...args, `-dev-listen-address=127.0.0.1:${port}`, ...(file ? [`-config=${file}`] : [])],
    { stdio: 'ignore' },
  );
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      await call(port, 'POST', JSON.stringify({ data: {} }));
      return { name, port, process: child };
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

function call(port: number, method: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        path: '/v1/secret/data/app',
        method,
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
