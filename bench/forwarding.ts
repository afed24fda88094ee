/**
 * Does the forwarder lose or double anything under load, killed in the middle of it? Writes 500 audit entries a
 * second, as OpenBao has written them, of which one in ten becomes an event, to a log that is rotated once;
 * kills the forwarder (SIGKILL) twice and starts it again; and compares what a subscriber heard.
 *
 * Usage: node bench/forwarding.ts [<seconds>]   (default 30)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { carillonBundle } from './contestants/bundles.ts';
import { makeAuditSource } from './contestants/carillon.ts';
import { ROOT_TOKEN, startWorkerd } from './contestants/server.ts';
import { recorded } from './recorded.ts';

const PER_SECOND = 500;
const ONE_EVENT_IN = 10;
const TICK_MS = 20;
const PATIENCE_MS = 30_000;
const SECRET = 'the-secret-of-the-device';
const COMMAND = fileURLToPath(new URL('../bin/carillon.js', import.meta.url));
const seconds = Number(process.argv[2] ?? 30);
const total = seconds * PER_SECOND;

/** Each is told from the others by what stands in this place. */
const ID = '@@@@';
const [write, read] = [recorded('update', ID), recorded('read', ID)];
const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
const log = join(folder, 'audit.log');
writeFileSync(log, '');
const server = await startWorkerd(await carillonBundle());
const address = `127.0.0.1:${server.port}`;
await makeAuditSource(server, 'openbao', SECRET);

/** When each event was written, until it is heard; milliseconds. */
const written = new Map<string, number>();
const latencies: number[] = [];
const heard: string[] = [];
const socket = new WebSocket(`ws://${address}/v1/sys/events/subscribe/kv*?json=true`, {
  headers: { 'X-Vault-Token': ROOT_TOKEN },
});
socket.on('message', (data) => {
  const { id } = JSON.parse(String(data)) as { id: string };
  heard.push(id);
  latencies.push(performance.now() - (written.get(id) ?? Number.NaN));
});
await new Promise((resolve) => socket.once('open', resolve));

let forwarder = startForwarder();
let entries = 0;
const begin = performance.now();
const kills = [total / 3, (2 * total) / 3].map(Math.floor);
while (entries < total) {
  const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * PER_SECOND));
  let text = '';
  for (; entries < due; entries++) {
    const entry = entries % ONE_EVENT_IN === 0 ? write : read;
    const id = `entry-${String(entries).padStart(8, '0')}`;
    text += `${entry.replace(ID, id)}\n`;
    if (entries % ONE_EVENT_IN === 0) written.set(id, performance.now());
    if (entries === Math.floor(total / 2)) {
      appendFileSync(log, text);
      text = '';
      renameSync(log, `${log}.1`);
    }
  }
  appendFileSync(log, text);
  if (entries >= (kills[0] ?? Number.POSITIVE_INFINITY)) {
    kills.shift();
    forwarder.kill('SIGKILL');
    await new Promise((resolve) => forwarder.once('exit', resolve));
    forwarder = startForwarder();
  }
  await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}
const deadline = performance.now() + PATIENCE_MS;
while (new Set(heard).size < written.size && performance.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}
forwarder.kill('SIGTERM');
await new Promise((resolve) => forwarder.once('exit', resolve));
socket.close();
await server.stop();
rmSync(folder, { recursive: true, force: true });

const distinct = new Set(heard);
const disordered = heard.filter((id, index) => index > 0 && id < (heard[index - 1] ?? '')).length;
const sorted = latencies.sort((a, b) => a - b);
const at = (part: number) => `${(sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(0)} ms`;
console.log(
  `${entries} entries in ${seconds} s, ${written.size} of them events, forwarder killed twice: ` +
    `lost ${written.size - distinct.size}, doubled ${heard.length - distinct.size}, disordered ${disordered}; ` +
    `from the log to the subscriber p50 ${at(0.5)}, p99 ${at(0.99)} (the forwarder's restarts included)`,
);
if (distinct.size !== written.size || heard.length !== distinct.size || disordered > 0) {
  process.exitCode = 1;
}

function startForwarder(): ChildProcess {
  const args = [
    'forward',
    'audit',
    '--from-start',
    '--address',
    `http://${address}`,
    '--file',
    log,
  ];
  return spawn(process.execPath, [COMMAND, ...args, 'openbao'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CARILLON_SOURCE_SECRET: SECRET },
  });
}
