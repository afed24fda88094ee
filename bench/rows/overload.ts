/**
 * What one request can do to all others: a batch for everybody, and filters that were made to be slow. A server
 * has one thread, and an isolate 128 MB: does it answer meanwhile, and does it hold what it has to send?
 */
import { WebSocket } from 'ws';
import { EVERYBODY, makePolicy, makeToken } from '../contestants/carillon.ts';
import { ROOT_TOKEN } from '../contestants/server.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { MARK } from '../load/protocol.ts';
import { memoryBytes } from '../measure/accounting.ts';
import { number } from '../measure/digits.ts';
import { faultsOf, type Row } from '../measure/row.ts';
import { type Question, silenceDuring } from '../measure/silence.ts';
import { spread } from '../measure/statistics.ts';

const SUBSCRIBERS = { sockets: 400, classes: EVERYBODY, protocol: 'stock' } as const;
const BATCH = 1000;
/** Before that, for what a process grows by once. */
const WARMING_UP = { requests: 10, batch: 100 };
/** Of a line of the batch: a request has a mebibyte at most. */
const LINE_BYTES = 1040;
const ROUNDS = { whole: 5, quick: 3 };
const SAMPLING_MS = 10;
const MEBIBYTE = 1024 * 1024;
const MAX_GROWTH_MB = 64;
const MAX_SILENCE_MS = 100;

const HOSTILE_FILTERS = 1000;
const TOGETHER = 20;
/** The longest text that a filter searches, and the longest that an event has room for. */
const TEXTS = { searched: 1024, longest: 30_000 };

export async function* overload(context: Context): AsyncGenerator<Row> {
  yield* batch(context);
  yield* filters(context);
}

/** One that only the Worker answers, and one for which it asks the hub that is busy. */
function questionsOf(hubId: string): readonly Question[] {
  return [
    { path: '/v1/sys/health', headers: {} },
    {
      path: '/v1/sys/events/explain',
      headers: { 'X-Vault-Token': ROOT_TOKEN, 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: hubId, pattern: 'bench/*' }),
    },
  ];
}

async function* batch(context: Context): AsyncGenerator<Row> {
  const stage = await Stage.open(context, context.carillon, SUBSCRIBERS);
  try {
    const id = await publishOne(stage, 'one');
    const run = {
      pace: { inFlight: 1, requests: 1 },
      batch: BATCH,
      template: longTemplate(),
      alone: true,
    };
    const { requests, batch } = WARMING_UP;
    await stage.run({ ...run, pace: { inFlight: 1, requests }, batch });
    const growths: number[] = [];
    const silences: number[] = [];
    const slices: Slice[] = [];
    const busiest: number[] = [];
    const failures: string[] = [];
    for (let round = 0; round < ROUNDS[context.quick ? 'quick' : 'whole']; round++) {
      context.progress(`overload: a batch, round ${round + 1}`);
      const before = memoryBytes(stage.server.pid);
      let peak = before;
      const sampling = setInterval(() => {
        peak = Math.max(peak, memoryBytes(stage.server.pid));
      }, SAMPLING_MS);
      const silence = await silenceDuring(stage.server, questionsOf(id), async () => {
        slices.push(await stage.run(run));
      });
      clearInterval(sampling);
      failures.push(...silence.failures);
      growths.push((peak - before) / MEBIBYTE);
      silences.push(silence.longest);
      busiest.push(silence.busiest);
    }
    const common = {
      measurements: slices.length,
      dropped: 0,
      faults: [
        ...faultsOf({ slices: new Map([['the batch', slices]]), dropped: 0 }),
        ...failures.slice(0, 1),
      ],
    };
    const load = `one request of ${BATCH} events to ${SUBSCRIBERS.sockets} stock subscribers`;
    const seconds = spread(slices.map((slice) => slice.seconds));
    yield {
      ...common,
      name: 'overload/memory',
      load: `${load}, growth of memory`,
      // It grows once, and the next batch finds the room: so the most counts.
      value: { ...spread(growths), median: Math.max(...growths) },
      unit: 'MiB',
      target: { atMost: MAX_GROWTH_MB },
      details: [
        `${number(seconds.median)} s until everybody had heard all`,
        `${number(spread(slices.map((slice) => slice.cpuMicroseconds / slice.deliveries)).median)} µs of CPU a delivery`,
      ],
    };
    yield {
      ...common,
      name: 'overload/silence',
      load: `the longest that another request waits meanwhile`,
      value: spread(busiest),
      unit: 'ms of CPU of the server',
      target: { atMost: MAX_SILENCE_MS },
      details: [`${number(spread(silences).median)} ms on the clock of this machine`],
    };
  } finally {
    await stage.stop();
  }
}

async function* filters(context: Context): AsyncGenerator<Row> {
  const stage = await Stage.open(context, context.carillon);
  const sockets: WebSocket[] = [];
  try {
    await makePolicy(
      stage.server,
      'hostile',
      'path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }',
    );
    const token = await makeToken(stage.server, ['hostile']);
    context.progress(`overload: ${HOSTILE_FILTERS} filters`);
    for (let first = 0; first < HOSTILE_FILTERS; first += TOGETHER) {
      const opened = await Promise.all(
        Array.from({ length: TOGETHER }, (_, i) =>
          subscribe(stage, token, hostileFilter(first + i)),
        ),
      );
      sockets.push(...opened.filter((socket) => socket !== undefined));
    }
    const id = await publishOne(stage, 'warm');
    const silences: number[] = [];
    const waits: number[] = [];
    const byText: string[] = [];
    const faults: string[] = sockets.length === 0 ? ['no filter was let in'] : [];
    for (const [name, length] of Object.entries(TEXTS)) {
      const text = `${'z'.repeat(length - 3)}<i>`;
      const measured: number[] = [];
      for (let round = 0; round < ROUNDS.whole; round++) {
        const { longest, busiest, failures } = await silenceDuring(
          stage.server,
          questionsOf(id),
          async () => {
            await publishOne(stage, text);
          },
        );
        measured.push(busiest);
        waits.push(longest);
        faults.push(...failures.slice(0, 1));
      }
      silences.push(...measured);
      byText.push(`${number(spread(measured).median)} ms with the ${name} text (${length})`);
    }
    yield {
      name: 'overload/filters',
      load: `${HOSTILE_FILTERS} slow filters of one token, an event for all: the longest that another request waits`,
      value: spread(silences),
      unit: 'ms of CPU of the server',
      target: { atMost: MAX_SILENCE_MS },
      measurements: silences.length,
      dropped: 0,
      details: [
        `${sockets.length} of the filters were let in`,
        ...byText,
        `${number(spread(waits).median)} ms on the clock of this machine`,
      ],
      faults,
    };
  } finally {
    for (const socket of sockets) socket.terminate();
    await stage.stop();
  }
}

/** Its automaton does not fit into its cache, so the steps are taken one by one. */
function hostileFilter(i: number): string {
  return `data_path matches "(?i)[a-z]{0,240}[0-9]{0,230}z<i>$" and operation != "${i}"`;
}

/** @returns undefined where it is refused */
async function subscribe(
  { server }: Stage,
  token: string,
  filter: string,
): Promise<WebSocket | undefined> {
  const query = new URLSearchParams({ json: 'true', filter });
  const url = `ws://127.0.0.1:${server.port}/v1/sys/events/subscribe/bench/event?${query}`;
  const socket = new WebSocket(url, { headers: { 'X-Vault-Token': token } });
  return new Promise((resolve) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

/** @returns its id */
async function publishOne({ server }: Stage, dataPath: string): Promise<string> {
  const response = await fetch(
    `http://127.0.0.1:${server.port}/v1/sys/events/publish/bench/event`,
    {
      method: 'POST',
      headers: { 'X-Vault-Token': ROOT_TOKEN, 'Content-Type': 'application/json' },
      body: JSON.stringify({ metadata: { path: 'secret/data/x', data_path: dataPath } }),
    },
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`publishing: ${response.status} ${text}`);
  return (JSON.parse(text) as { data: { ids: string[] } }).data.ids[0] ?? '';
}

/** An event as long as a request has room for. */
function longTemplate(): string {
  const metadata = {
    path: 'secret/data/bench/item',
    data_path: 'secret/data/bench/item',
    operation: 'data-write',
    modified: 'true',
    stamp: MARK,
    text: '',
  };
  const empty = JSON.stringify({ metadata }).length;
  return JSON.stringify({ metadata: { ...metadata, text: 'x'.repeat(LINE_BYTES - empty) } });
}
