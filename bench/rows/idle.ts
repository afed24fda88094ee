/**
 * What does a subscriber cost to whom nothing happens: its memory while the hub sleeps, and the CPU when all
 * leave at once while others are being sent to?
 */
import { EVERYBODY } from '../contestants/carillon.ts';
import type { Side } from '../contestants/side.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { cpuMicroseconds, memoryBytes } from '../measure/accounting.ts';
import { number } from '../measure/digits.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';
import { SLEEP_MS } from './crowd.ts';

const CROWD = 9000;
/** The heap that their handshakes need is kept afterwards; it is not what a socket costs. */
const FIRST = 3000;
/** They stay, and must hear everything that is published while the others leave. */
const STAYING = 20;
const PUBLISHED_MEANWHILE = { perSecond: 20, requests: 60 };
const PAIRS = { whole: 3, quick: 1 };
/** A server has come to rest when it has used less CPU than that for so long. */
const RESTING = { milliseconds: 500, microseconds: 5000 };
const MAX_UNREST_MS = 30_000;

interface Leaving extends Slice {
  readonly memoryOfASocket: number;
}

export async function* idle(context: Context): AsyncGenerator<Row> {
  const { carillon, baseline } = context;
  const size = context.quick ? 'quick' : 'whole';
  const contestants = [carillon, baseline].map((side) => ({
    name: side.name,
    slice: () => comeAndGo(context, side),
  }));
  const rounds = await interleave(contestants, {
    rounds: PAIRS[size],
    maxSeconds: context.quick ? 50 : 200,
    progress: (text) => context.progress(`idle: ${text}`),
  });
  const common = {
    unit: `× ${baseline.name}`,
    measurements: rounds.slices.get(carillon.name)?.length ?? 0,
    dropped: rounds.dropped,
  };
  const table = (unit: string, of: (slice: Slice) => number) =>
    Array.from(rounds.slices, ([name, slices]) => {
      const { median, min, max } = spread(slices.map(of));
      return `${name.padEnd(14)} ${number(median)} ${unit} (${number(min)}–${number(max)})`;
    });
  const memory = (slice: Slice) => (slice as Leaving).memoryOfASocket;
  const leaving = ({ cpuMicroseconds }: Slice) => cpuMicroseconds / CROWD;
  yield {
    ...common,
    name: 'idle/memory',
    load: `${CROWD} sockets of a hub that sleeps, memory`,
    value: ratio(rounds, carillon.name, baseline.name, memory),
    target: { atMost: 1.1 },
    details: table('bytes a socket', memory),
    constants: { socketBytes: spread((rounds.slices.get(carillon.name) ?? []).map(memory)).median },
    faults: [],
  };
  yield {
    ...common,
    name: 'idle/close',
    load: `${CROWD} sockets closed at once, ${STAYING} are sent to meanwhile`,
    value: ratio(rounds, carillon.name, baseline.name, leaving),
    target: { atMost: 1.1 },
    details: table('µs of CPU a socket, what the others are sent included', leaving),
    faults: faultsOf(rounds),
  };
}

async function comeAndGo(context: Context, side: Side): Promise<Leaving> {
  const stage = await Stage.open(context, side);
  try {
    const staying = await stage.seat(subscribers(STAYING));
    const first = await stage.seat(subscribers(FIRST));
    const before = await memoryAsleep(stage);
    const rest = await stage.seat(subscribers(CROWD - FIRST));
    const memoryOfASocket = ((await memoryAsleep(stage)) - before) / (CROWD - FIRST);
    // What wakes is not what leaves.
    await stage.run({ pace: { inFlight: 1, requests: 3 }, audience: rest });

    const cpuBefore = cpuMicroseconds(stage.server.pid);
    const [meanwhile] = await Promise.all([
      stage.run({ pace: PUBLISHED_MEANWHILE, audience: staying }),
      context.load.leave(first),
      context.load.leave(rest),
    ]);
    await untilRested(stage.server.pid);
    const used = cpuMicroseconds(stage.server.pid) - cpuBefore;
    return { ...meanwhile, cpuMicroseconds: used, memoryOfASocket };
  } finally {
    await stage.stop();
  }
}

async function memoryAsleep({ server }: Stage): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SLEEP_MS));
  return memoryBytes(server.pid);
}

function subscribers(sockets: number) {
  return { sockets, classes: EVERYBODY, protocol: 'stock' } as const;
}

async function untilRested(pid: number): Promise<void> {
  const deadline = performance.now() + MAX_UNREST_MS;
  for (let used = Number.POSITIVE_INFINITY; used > RESTING.microseconds; ) {
    if (performance.now() > deadline) return;
    const before = cpuMicroseconds(pid);
    await new Promise((resolve) => setTimeout(resolve, RESTING.milliseconds));
    used = cpuMicroseconds(pid) - before;
  }
}
