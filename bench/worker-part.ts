/**
 * What does the Worker's own part of a publish cost, without sockets, RPC, hub and storage? Repeats requests inside of the
 * Worker, and counts the CPU of workerd. With the name of a load, it prints the functions in which the profiler found it.
 *
 * Usage: node bench/worker-part.ts [bare|single|ndjson|catalogued|frames]
 */
import { buildBundle } from '../src/cli/dev/bundle.ts';
import {
  EVENT_TYPE,
  eventTemplate,
  publisherToken,
  returnedFrameTemplate,
} from './contestants/carillon.ts';
import { freePort } from './contestants/free-port.ts';
import { startWorkerd } from './contestants/server.ts';
import { MARK, stampOf } from './load/protocol.ts';
import { cpuMicroseconds } from './measure/accounting.ts';
import { number } from './measure/digits.ts';
import { profileOf } from './measure/inspector.ts';
import { selfTimes, showTimes } from './measure/self-times.ts';
import { spread } from './measure/statistics.ts';

const PUBLISH = '/v1/sys/events/publish';
const BATCH = 500;
const ROUNDS = 9;
const SAMPLING_MICROSECONDS = 100;

interface LoadOf {
  readonly path: string;
  readonly type: string;
  readonly body: string;
  readonly events: number;
  readonly requests: number;
}

function lines(template: string): string {
  const all = Array.from({ length: BATCH }, (_, i) => template.replaceAll(MARK, stampOf(i, i)));
  return all.join('\n');
}

const NDJSON = { type: 'application/x-ndjson', events: BATCH, requests: 60 };
const SINGLE = { type: 'application/json', body: eventTemplate(), events: 1, requests: 5000 };
const LOADS: Readonly<Record<string, LoadOf>> = {
  bare: { ...SINGLE, path: '/bare' },
  single: { ...SINGLE, path: `${PUBLISH}/${EVENT_TYPE}` },
  ndjson: { ...NDJSON, path: `${PUBLISH}/${EVENT_TYPE}`, body: lines(eventTemplate()) },
  catalogued: {
    ...NDJSON,
    path: PUBLISH,
    body: lines(eventTemplate().replace('{', '{"event_type":"kv-v2/data-write",')),
  },
  frames: { ...NDJSON, path: PUBLISH, body: lines(returnedFrameTemplate()) },
};

const [profiled] = process.argv.slice(2);
if (profiled !== undefined && !Object.hasOwn(LOADS, profiled)) {
  console.error(`usage: node bench/worker-part.ts [${Object.keys(LOADS).join('|')}]`);
  process.exit(2);
}
const built = await buildBundle({ entry: 'bench/contestants/repeating.ts' });
if (!built.ok) throw new Error(built.failure.message);
const inspector = await freePort();
const server = await startWorkerd(built.value, {
  options: [`--inspector-addr=127.0.0.1:${inspector}`],
});
try {
  const token = await publisherToken(server);
  await (profiled === undefined ? measure(token) : profile(profiled, token));
} finally {
  await server.stop();
}

async function measure(token: string): Promise<void> {
  const costs = new Map(Object.keys(LOADS).map((name) => [name, [] as number[]]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, load] of Object.entries(LOADS)) {
      const before = cpuMicroseconds(server.pid);
      await repeat(load, token);
      const cpu = cpuMicroseconds(server.pid) - before;
      // The first warms up.
      if (round >= 0) costs.get(name)?.push(cpu / load.requests / load.events);
    }
  }
  for (const [name, all] of costs) {
    const { median, min, max } = spread(all);
    const [middle = '', from = '', to = ''] = [median, min, max].map(number);
    console.log(`${name.padEnd(12)} ${middle.padStart(6)} µs an event (${from}–${to})`);
  }
}

async function profile(name: string, token: string): Promise<void> {
  const load = LOADS[name];
  if (load === undefined) return;
  await repeat(load, token);
  const found = await profileOf(inspector, SAMPLING_MICROSECONDS, () => repeat(load, token));
  const times = selfTimes(found, built.ok ? built.value.code : '');
  showTimes(times, load.events * load.requests);
}

async function repeat({ path, type, body, requests }: LoadOf, token: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': type, 'X-Vault-Token': token, 'X-Repeat': String(requests) },
    body,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
}
