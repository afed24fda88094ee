/**
 * Which events are missing after Carillon was away? Starts a server of OpenBao in dev mode for each way of auditing,
 * writes a secret a second to each, kills Carillon (SIGKILL) twice for a while in the middle of it, and counts
 * the events that it has afterwards.
 *
 * Usage: node bench/audit-outages.ts <path of bao> [<seconds>]   (default 60)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './contestants/free-port.ts';

const [bao, duration = '60'] = process.argv.slice(2);
if (bao === undefined) {
  console.error('usage: node bench/audit-outages.ts <path of bao> [<seconds>]');
  process.exit(2);
}
const SECONDS = Number(duration);
/** Carillon is away in these parts of the time. */
const OUTAGES = [
  [0.2, 0.4],
  [0.6, 0.75],
] as const;
const SECRET = 'the-secret-of-the-device';
const TOKEN = 'root';
const PATIENCE_MS = 90_000;
const COMMAND = fileURLToPath(new URL('../bin/carillon.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
const port = await freePort();
const carillonAddress = `http://127.0.0.1:${port}`;

interface Way {
  readonly name: string;
  readonly devices: readonly ('http' | 'file')[];
  readonly isForwarded: boolean;
}
const WAYS: readonly Way[] = [
  { name: 'http', devices: ['http'], isForwarded: false },
  { name: 'http-and-file', devices: ['http', 'file'], isForwarded: false },
  { name: 'file-forwarded', devices: ['file'], isForwarded: true },
  { name: 'both-forwarded', devices: ['http', 'file'], isForwarded: true },
];

interface Audited {
  readonly way: Way;
  readonly address: string;
  answered: number;
  failed: number;
}

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) end(child);
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

let carillon = await startCarillon();
const audited: Audited[] = [];
for (const way of WAYS) {
  await carillonApi('POST', `sys/events/sources/${way.name}`, {
    kind: 'vault-audit',
    secrets: [SECRET],
    mounts: { 'secret/': 2 },
  });
  audited.push(await startBao(way));
}
/** A server writes `secret/ready` until it answers: those events do not count. */
const begin = performance.now();
const outages = OUTAGES.flatMap(([from, to]) => [from * SECONDS, to * SECONDS]);
for (let second = 0; second < SECONDS; second++) {
  await sleepUntil(begin + second * 1000);
  while (outages.length > 0 && second >= (outages[0] ?? 0)) {
    outages.shift();
    if (outages.length % 2 === 0) carillon = await startCarillon();
    else await kill(carillon);
  }
  await Promise.all(audited.map((server) => write(server, `secret/data/s${second}`)));
}
for (const server of audited) {
  const { name } = server.way;
  const wanted = server.answered;
  const deadline = performance.now() + (server.way.isForwarded ? PATIENCE_MS : 3000);
  let paths = await received(name);
  while (new Set(paths).size < wanted && performance.now() < deadline) {
    await sleepUntil(performance.now() + 500);
    paths = await received(name);
  }
  const distinct = new Set(paths).size;
  console.log(
    `${name.padEnd(16)} ${SECONDS} writes: ${server.failed} failed, ${wanted} succeeded, ` +
      `${wanted - distinct} of their events lost, ${paths.length - distinct} doubled`,
  );
}
process.exit();

async function startCarillon(): Promise<ChildProcess> {
  const child = start(process.execPath, [
    ...[COMMAND, 'dev', '--port', String(port), '--root-token', TOKEN],
    ...['--data', join(folder, 'carillon')],
  ]);
  await answering(`${carillonAddress}/v1/sys/health`);
  return child;
}

async function startBao(way: Way): Promise<Audited> {
  const own = await freePort();
  const config = join(folder, `${way.name}.hcl`);
  const log = join(folder, `${way.name}.log`);
  const headers = JSON.stringify({ 'X-Vault-Token': [SECRET] });
  const OPTIONS = {
    http: `uri = "${carillonAddress}/v1/sys/events/in/${way.name}"
    headers = ${JSON.stringify(headers)}`,
    file: `file_path = "${log}"`,
  };
  const devices = way.devices.map(
    (type) => `audit "${type}" "${type}" {\n  options {\n    ${OPTIONS[type]}\n  }\n}\n`,
  );
  writeFileSync(config, devices.join(''));
  if (way.isForwarded) {
    start(
      process.execPath,
      [
        ...[COMMAND, 'forward', 'audit', '--address', carillonAddress],
        ...['--from-start', '--file', log, way.name],
      ],
      { CARILLON_SOURCE_SECRET: SECRET },
    );
  }
  start(bao ?? '', [
    ...['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${TOKEN}`],
    ...[`-dev-listen-address=127.0.0.1:${own}`, `-config=${config}`],
  ]);
  const server = { way, address: `http://127.0.0.1:${own}`, answered: 0, failed: 0 };
  await answering(`${server.address}/v1/sys/health`);
  // The mount of the dev server comes a moment after its health.
  while (server.answered === 0) await write(server, 'secret/data/ready');
  return Object.assign(server, { answered: 0, failed: 0 });
}

async function write(server: Audited, path: string): Promise<void> {
  const status = await fetch(`${server.address}/v1/${path}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': TOKEN },
    body: '{"data":{"password":"x"}}',
  }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
  if (status === 200) server.answered++;
  else server.failed++;
}

/** The paths of the events that the journal has of a source. */
async function received(source: string): Promise<string[]> {
  const query = new URLSearchParams({ since: 'earliest', wait: '3s' });
  const response = await fetch(`${carillonAddress}/v1/sys/events/subscribe/kv-v2*?${query}`, {
    headers: { 'X-Vault-Token': TOKEN, Accept: 'application/x-ndjson' },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  const paths: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.includes(`/sources/${source}"`)) continue;
    const { data } = JSON.parse(line) as { data: { event: { metadata: { path: string } } } };
    if (data.event.metadata.path !== 'secret/data/ready') paths.push(data.event.metadata.path);
  }
  return paths;
}

async function carillonApi(method: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${carillonAddress}/v1/${path}`, {
    method,
    headers: { 'X-Vault-Token': TOKEN },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

async function answering(url: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    if (performance.now() > deadline) throw new Error(`${url} does not answer`);
    await sleepUntil(performance.now() + 50);
  }
}

/** In a process group of its own: `carillon dev` has a child. */
function start(
  program: string,
  args: string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const child = spawn(program, args, {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, ...env },
  });
  children.add(child);
  return child;
}

function end(child: ChildProcess): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, 'SIGKILL');
  }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  end(child);
  await exited;
  children.delete(child);
}

function sleepUntil(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())));
}
