/**
 * What do others take for the same, who were made for machines of one's own? Those that are installed here are
 * measured.
 */
import { EVERYBODY } from '../contestants/carillon.ts';
import { peerKinds } from '../contestants/peers/all.ts';
import { CENTRIFUGO } from '../contestants/peers/centrifugo.ts';
import type { Side } from '../contestants/side.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { number } from '../measure/digits.ts';
import { interleave, type Rounds, ratio } from '../measure/pairs.ts';
import { detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { type Spread, spread } from '../measure/statistics.ts';

const SOCKETS = 1000;
const PAIRS = { whole: 6, quick: 3 };
const SECONDS = { whole: 120, quick: 30 };
const CONNECTIONS = 8;
const REQUESTS = {
  alone: { whole: 30, quick: 10 },
  busy: { whole: 96, quick: 32 },
  framed: { whole: 256, quick: 108 },
  publish: { whole: 3000, quick: 600 },
};
/** It retains, as Carillon does. */
const COMPARED = `${CENTRIFUGO}, history`;
const FRAMED = 'carillon.v1';

interface Measured {
  readonly context: Context;
  readonly sides: readonly Side[];
  /** What is known of those that are measured, and which are not. */
  readonly notes: readonly string[];
}

export async function* peers(context: Context): AsyncGenerator<Row> {
  const kinds = peerKinds();
  const notes = kinds.map(({ name, version, missing }) =>
    missing === undefined ? `${name}: ${version}` : `${name} is not measured: ${missing}`,
  );
  for (const note of notes) context.say(note);
  const sides = kinds.flatMap((kind) =>
    kind.peers.map((peer): Side => ({ name: peer.name, kind: 'peer', peer })),
  );
  if (sides.length === 0) return;
  yield* deliveries({ context, sides, notes });
  yield* publishes({ context, sides });
}

async function* deliveries({ context, sides, notes }: Measured): AsyncGenerator<Row> {
  const { carillon, quick } = context;
  const size = quick ? 'quick' : 'whole';
  const stock = { sockets: SOCKETS, classes: EVERYBODY, protocol: 'stock' } as const;
  const stages: Stage[] = [];
  const open = async (...of: Parameters<typeof Stage.open>) => {
    const stage = await Stage.open(...of);
    stages.push(stage);
    return stage;
  };
  try {
    const ours = await open(context, carillon, stock);
    const beside: Stage[] = [];
    for (const side of sides) beside.push(await open(context, side, stock));
    const framed = await open(
      context,
      { ...carillon, name: FRAMED },
      { ...stock, protocol: 'carillon.v1' },
    );
    const measure = (requests: keyof typeof REQUESTS, inFlight: number, of: readonly Stage[]) =>
      of.map((stage) => ({
        name: stage.name,
        slice: () =>
          stage.run({
            pace: { inFlight, requests: REQUESTS[requests][size] },
            alone: inFlight === 1,
          }),
      }));
    const row = rowsOf(ours.name);
    const alone = await turns(context, 'peers/1', measure('alone', 1, [ours, ...beside]));
    const first = row(alone, ours.name, 'peers/1', 'one event at a time', 2.2);
    yield { ...first, details: [...first.details, ...notes] };
    const busy = await turns(context, 'peers/16', [
      ...measure('busy', 16, [ours, ...beside]),
      ...measure('framed', 16, [framed]),
    ]);
    yield row(busy, ours.name, 'peers/16', '16 publishes in flight, stock frames', 1.4);
    // The same rounds, of which the row before shows everything.
    const v1 = row(busy, FRAMED, 'peers/16-v1', '16 publishes in flight, carillon.v1', 0.5);
    yield { ...v1, details: [] };
  } finally {
    for (const stage of stages) await stage.stop();
  }
}

async function* publishes({ context, sides }: Omit<Measured, 'notes'>): AsyncGenerator<Row> {
  const { carillon, quick } = context;
  const requests = REQUESTS.publish[quick ? 'quick' : 'whole'];
  const stages: Stage[] = [];
  try {
    for (const side of [carillon, ...sides]) stages.push(await Stage.open(context, side));
    const rounds = await turns(
      context,
      'peers/publish',
      stages.map((stage) => ({
        name: stage.name,
        slice: () => stage.run({ pace: { inFlight: CONNECTIONS, requests } }),
      })),
    );
    const rate = ({ events, seconds }: Slice) => events / seconds;
    yield {
      name: 'peers/publish',
      load: `no subscribers, one event a request, ${CONNECTIONS} connections`,
      ...(rounds.slices.has(COMPARED)
        ? { value: ratio(rounds, carillon.name, COMPARED, rate), unit: `× the rate of ${COMPARED}` }
        : { value: of(rounds, carillon.name, rate), unit: 'events/s' }),
      measurements: rounds.slices.get(carillon.name)?.length ?? 0,
      dropped: rounds.dropped,
      details: [
        ...Array.from(
          rounds.slices.keys(),
          (name) => `${name}: ${number(of(rounds, name, rate).median)} events/s`,
        ),
        ...detailsOf(rounds, 'an event', ({ events }) => events),
      ],
      faults: faultsOf(rounds),
    };
  } finally {
    for (const stage of stages) await stage.stop();
  }
}

async function turns(
  context: Context,
  name: string,
  contestants: Parameters<typeof interleave>[0],
): Promise<Rounds> {
  const size = context.quick ? 'quick' : 'whole';
  context.progress(`${name}: warming up`);
  for (const { slice } of contestants) await slice();
  return interleave(contestants, {
    rounds: PAIRS[size],
    maxSeconds: SECONDS[size],
    progress: (text) => context.progress(`${name}: ${text}`),
  });
}

function rowsOf(ours: string) {
  return (rounds: Rounds, side: string, name: string, load: string, atMost: number): Row => {
    const isCompared = rounds.slices.has(COMPARED);
    return {
      name,
      load,
      ...(isCompared
        ? {
            value: ratio(rounds, side, COMPARED, perDelivery),
            unit: `× ${COMPARED}`,
            target: { atMost },
          }
        : { value: of(rounds, side, perDelivery), unit: 'µs of CPU a delivery' }),
      measurements: rounds.slices.get(side)?.length ?? 0,
      dropped: rounds.dropped,
      details: [
        ...detailsOf(rounds, 'a delivery', ({ deliveries }) => deliveries),
        ...disordersOf(rounds, ours),
      ],
      faults: faultsOf(withoutDisorder(rounds, ours)),
    };
  };
}

/** Not every peer promises that all subscribers get events of several publishers in one order. */
function disordersOf({ slices }: Rounds, ours: string): string[] {
  return Array.from(slices)
    .filter(([name]) => ![ours, FRAMED].includes(name))
    .map(([name, all]) => [name, all.reduce((sum, { wrong }) => sum + wrong, 0)] as const)
    .filter(([, wrong]) => wrong > 0)
    .map(
      ([name, wrong]) =>
        `${name}: ${number(wrong)} deliveries came in another order than another subscriber had them`,
    );
}

function withoutDisorder({ slices, dropped }: Rounds, ours: string): Rounds {
  const tolerated = Array.from(slices, ([name, all]): [string, readonly Slice[]] =>
    [ours, FRAMED].includes(name)
      ? [name, all]
      : [name, all.map((slice) => ({ ...slice, wrong: 0 }))],
  );
  return { slices: new Map(tolerated), dropped };
}

function of({ slices }: Rounds, name: string, measure: (slice: Slice) => number): Spread {
  return spread((slices.get(name) ?? []).map(measure));
}

function perDelivery({ cpuMicroseconds, deliveries }: Slice): number {
  return cpuMicroseconds / deliveries;
}
