/**
 * What does Carillon as an audit device add to a request of OpenBao? Starts two servers of it in dev mode, one
 * whose audit device is a source of Carillon and one that audits nothing, and writes and reads secrets on
 * both in turn, one request at a time.
 *
 * Usage: node bench/audit-device.ts <path of bao> [<requests>]   (default 2000 of each)
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carillonBundle } from './contestants/bundles.ts';
import { makeAuditSource } from './contestants/carillon.ts';
import { startWorkerd } from './contestants/server.ts';
import { callSecret, startOpenBao } from './dev-openbao.ts';

const [bao, count = '2000'] = process.argv.slice(2);
if (bao === undefined) {
  console.error('usage: node bench/audit-device.ts <path of bao> [<requests>]');
  process.exit(2);
}
const REQUESTS = Number(count);
const SECRET = 'the-secret-of-the-device';
const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));

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
const servers = [
  { name: 'audits nothing', ...(await startOpenBao(bao)) },
  { name: 'audits here', ...(await startOpenBao(bao, config)) },
];
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
        await callSecret(port, method, body);
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
