/**
 * How long do 9,000 subscribers take to reconnect, if all lose their connections at once, and do others notice? They
 * are subscriptions of `@carillon/client` with `ws`, of one hub. First their connections break, then the server is killed
 * (SIGKILL) and started again with its data. Meanwhile, events are published in the same hub. Linux only.
 *
 * The server needs `ulimit -n` 20,000.
 *
 * Usage: node bench/herd.ts [--clients <number>] [--page] [--shards]
 * (9,000 clients; --page hides from the client what a page cannot do; with --shards, they are in shards of 300)
 */
import { fork } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type DataFolder, openDataFolder } from '../src/cli/dev/data.ts';
import { configuredVariables } from '../src/cli/dev/variables.ts';
import { type LocalServer, startWorkerd } from '../src/cli/dev/workerd.ts';
import { carillonBundle } from './contestants/bundles.ts';
import { EVENT_TYPE, eventTemplate, tokenFor } from './contestants/carillon.ts';
import { ROOT_TOKEN } from './contestants/server.ts';
import type { HerdReport, HerdRequest } from './load/herd-protocol.ts';
import { cpuMicroseconds } from './measure/accounting.ts';
import { number } from './measure/digits.ts';
import { quantile } from './measure/statistics.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '9000' },
    page: { type: 'boolean', default: false },
    shards: { type: 'boolean', default: false },
  },
});
const COUNT = Number(values.clients);
/** A token has 1,000 subscribers in a hub at most. */
const CLIENTS_OF_A_TOKEN = 900;
const POLICY =
  'path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }';
const SHARDS = { SHARD_AT_SOCKETS: '300', SHARD_SOCKETS: '300' };
/** Of the same hub, and for none of the clients: what is measured is whether the hub answers. */
const OTHER_TYPE = 'bench/other';
const PUBLISHING_EVERY_MS = 250;
const LOOKING_EVERY_MS = 500;
const PATIENCE_MS = 120_000;

let asked = 0;
/** Whether the server ends because it is told to. */
let isKilled = false;
const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
const logFile = join(folder, 'log');
const log = openSync(logFile, 'a');
const data = await openedFolder();
const bundle = await carillonBundle();
let server = await start(0);
const url = `http://127.0.0.1:${server.port}`;
const child = fork(fileURLToPath(new URL('load/herd-process.ts', import.meta.url)));
process.once('exit', () => {
  server.process.kill('SIGKILL');
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const tokens: string[] = [];
for (let made = 0; made < COUNT; made += CLIENTS_OF_A_TOKEN) {
  tokens.push(await tokenFor({ port: server.port, pid: 0, stop: async () => {} }, POLICY));
}
say(`opening ${number(COUNT)} subscriptions`);
const opening = performance.now();
const cpuBefore = serverCpu();
await ask({
  type: 'open',
  options: { url, tokens, count: COUNT, pattern: EVENT_TYPE, isPage: values.page },
});
say(
  `opened in ${number((performance.now() - opening) / 1000)} s, ${number((serverCpu() - cpuBefore) / COUNT)} µs of CPU of the server each`,
);
await publish(EVENT_TYPE, 'before');
await heardBy('before');

await herd('connections', async () => {
  await ask({ type: 'cut', resets: true });
});
await herd('kill', async () => {
  const { port } = server;
  await ask({ type: 'cut', resets: false });
  isKilled = true;
  server.process.kill('SIGKILL');
  await server.stop();
  server = await start(port);
  isKilled = false;
});
isKilled = true;
process.exit();

async function herd(name: string, cut: () => Promise<void>): Promise<void> {
  const latencies: number[] = [];
  const refusedPublishes: string[] = [];
  let isOver = false;
  const publishing = (async () => {
    while (!isOver) {
      const begin = performance.now();
      const failure = await publish(OTHER_TYPE).catch((error: Error) => error.message);
      if (failure === undefined) latencies.push(performance.now() - begin);
      else refusedPublishes.push(failure);
      await pause(PUBLISHING_EVERY_MS);
    }
  })();
  await pause(1000);
  latencies.length = 0;
  const begin = performance.now();
  let cpu = serverCpu();
  await cut();
  // A server that was started again has used none.
  if (name === 'kill') cpu = 0;
  await publish(EVENT_TYPE, `${name} during`);
  let report = await ask({ type: 'report' });
  while (report.backAfterMs.length < COUNT && performance.now() - begin < PATIENCE_MS) {
    await pause(LOOKING_EVERY_MS);
    report = await ask({ type: 'report' });
  }
  const used = serverCpu() - cpu;
  isOver = true;
  await publishing;
  await publish(EVENT_TYPE, `${name} after`);
  report = await heardBy(`${name} after`);
  tell(name, report, { latencies, refusedPublishes, used });
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

interface Meanwhile {
  readonly latencies: number[];
  readonly refusedPublishes: readonly string[];
  /** CPU of the server, microseconds. */
  readonly used: number;
}

function tell(name: string, report: HerdReport, meanwhile: Meanwhile): void {
  const { backAfterMs, failures } = report;
  const { latencies, refusedPublishes, used } = meanwhile;
  latencies.sort((a, b) => a - b);
  const seconds = (q: number) => number(quantile(backAfterMs, q) / 1000);
  const wrong = report.heard.filter((heard) => !hasAll(heard, name)).length;
  say(`
${name}
  back: ${number(backAfterMs.length)} of ${number(COUNT)}; half after ${seconds(0.5)} s, 99 % after ${seconds(0.99)} s, all after ${seconds(1)} s
  ${number(used / COUNT)} µs of CPU of the server for each
  attempts that failed: once ${number(withFailures(failures, 1))} clients, more often ${number(withFailures(failures, 2))}; by the server more often than once ${number(failures.filter(isRefusedTwice).length)}
${reasonsOf(failures)}
  ${number(latencies.length)} publishes: p50 ${number(quantile(latencies, 0.5))} ms, p99 ${number(quantile(latencies, 0.99))} ms, longest ${number(quantile(latencies, 1))} ms; ${number(refusedPublishes.length)} failed${refusedPublishes.length > 0 ? ` (${refusedPublishes[0]})` : ''}
  ${wrong === 0 ? 'every client has heard every event once' : `WRONG: ${number(wrong)} clients have missed an event, or heard it twice`}`);
}

function withFailures(failures: HerdReport['failures'], least: number): number {
  return failures.filter(({ length }) => (least === 1 ? length === 1 : length >= least)).length;
}

/** A server that does not run refuses nobody. */
function isRefusedTwice(reasons: readonly string[]): boolean {
  return reasons.filter((reason) => !reason.startsWith('cannot reach')).length > 1;
}

function reasonsOf(failures: HerdReport['failures']): string {
  const counts = new Map<string, number>();
  for (const reason of failures.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `    ${number(count)} × ${reason}`).join('\n');
}

function hasAll(heard: readonly string[], name: string): boolean {
  return [`${name} during`, `${name} after`].every(
    (id) => heard.filter((each) => each === id).length === 1,
  );
}

/** Waits until every client has heard an event. */
async function heardBy(id: string): Promise<HerdReport> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const report = await ask({ type: 'report' });
    const isDone = report.heard.every((heard) => heard.includes(id));
    if (isDone || performance.now() > deadline) return report;
    await pause(LOOKING_EVERY_MS);
  }
}

async function publish(eventType: string, id?: string): Promise<string | undefined> {
  const response = await fetch(`${url}/v1/sys/events/publish/${eventType}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': ROOT_TOKEN, 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...JSON.parse(eventTemplate()), ...(id !== undefined && { id }) }),
  });
  const text = await response.text();
  return response.ok ? undefined : `${response.status} ${text}`;
}

async function openedFolder(): Promise<DataFolder> {
  const opened = await openDataFolder(join(folder, 'data'));
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

async function start(port: number): Promise<LocalServer> {
  const started = await startWorkerd({
    bundle,
    folder: data,
    log,
    host: '127.0.0.1',
    port,
    rootToken: ROOT_TOKEN,
    variables: {
      ...configuredVariables(bundle.config),
      ...(values.shards ? SHARDS : { SHARD_AT_SOCKETS: '0' }),
    },
  });
  if (!started.ok) throw new Error(started.failure.message);
  void started.value.died.then((how) => {
    if (!isKilled) say(`${how}\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
  });
  return started.value;
}

function serverCpu(): number {
  return cpuMicroseconds(server.process.pid ?? 0);
}

function ask(request: DistributiveOmit<HerdRequest, 'id'>): Promise<HerdReport> {
  const id = ++asked;
  return new Promise((resolve) => {
    const answered = (answer: { id: number; report: HerdReport }) => {
      if (answer.id !== id) return;
      child.off('message', answered);
      resolve(answer.report);
    };
    child.on('message', answered);
    child.send({ ...request, id });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function say(text: string): void {
  console.log(text);
}
