/** What does an event cost on its way in, with nobody there to hear it? */
import { type Pace, type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { number } from '../measure/digits.ts';
import { interleave, type Rounds, ratio } from '../measure/pairs.ts';
import { cpuOf, detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';

const PAIRS = 6;
const BATCH = 500;
/** The contestant of those that publish one event a request: `contestants/raw.ts`. */
const APPEND = 'segment append';

interface Load {
  readonly name: string;
  readonly load: string;
  readonly inFlight: number;
  readonly batch: number;
  /** Requests of a slice, in a whole run and in a quick one. */
  readonly requests: { readonly whole: number; readonly quick: number };
}

const SINGLE: Load = {
  name: 'publish/single',
  load: 'one event a request, 8 connections',
  inFlight: 8,
  batch: 1,
  requests: { whole: 3000, quick: 1000 },
};
const SINGLE_32: Load = {
  name: 'publish/single-32',
  load: 'one event a request, 32 connections',
  inFlight: 32,
  batch: 1,
  requests: { whole: 6000, quick: 2000 },
};
const NDJSON: Load = {
  name: 'publish/ndjson',
  load: `NDJSON of ${BATCH}, one request at a time`,
  inFlight: 1,
  batch: BATCH,
  requests: { whole: 60, quick: 20 },
};
const NDJSON_4: Load = {
  name: 'publish/ndjson-4',
  load: `NDJSON of ${BATCH}, 4 requests in flight`,
  inFlight: 4,
  batch: BATCH,
  requests: { whole: 80, quick: 24 },
};
const LOADS = [SINGLE, SINGLE_32, NDJSON, NDJSON_4];

export async function* publish(context: Context): AsyncGenerator<Row> {
  const { carillon, baseline, quick } = context;
  const isCompared = baseline.kind === 'carillon';
  const ours = await Stage.open(context, carillon);
  const base = await Stage.open(context, baseline);
  try {
    const paceOf = ({ inFlight, batch, requests }: Load): Pace => ({
      pace: { inFlight, requests: requests[quick ? 'quick' : 'whole'] },
      batch,
    });
    const contestants = LOADS.flatMap((load) => {
      const pace = paceOf(load);
      const own = { name: nameOf(load, carillon.name), slice: () => ours.run(pace) };
      if (isCompared) {
        return [own, { name: nameOf(load, baseline.name), slice: () => base.run(pace) }];
      }
      // An append knows no batches.
      if (load.batch > 1) return [own];
      const append = () => base.run({ ...pace, path: '/append' });
      return [own, { name: nameOf(load, APPEND), slice: append }];
    });
    context.progress('publish: warming up');
    for (const { slice } of contestants) await slice();
    const rounds = await interleave(contestants, {
      rounds: PAIRS,
      maxSeconds: quick ? 40 : 150,
      progress: (text) => context.progress(`publish: ${text}`),
    });
    yield* isCompared
      ? LOADS.map((load) => comparison(roundsOf(rounds, load), load, carillon.name, baseline.name))
      : table(rounds, carillon.name);
  } finally {
    await ours.stop();
    await base.stop();
  }
}

function* table(all: Rounds, name: string): Generator<Row> {
  const common = (rounds: Rounds, { load }: Load) => ({
    load,
    measurements: rounds.slices.get(name)?.length ?? 0,
    dropped: rounds.dropped,
    details: detailsOf(rounds, 'an event', eventsOf),
    faults: faultsOf(rounds),
  });
  const single = roundsOf(all, SINGLE);
  yield {
    ...common(single, SINGLE),
    name: SINGLE.name,
    value: ratio(single, name, APPEND, perEvent),
    unit: `× ${APPEND}`,
    target: { atMost: 1.15 },
    constants: { eventMicroseconds: cpuOf(single, name, eventsOf) },
  };
  const busy = roundsOf(all, SINGLE_32);
  yield {
    ...common(busy, SINGLE_32),
    name: SINGLE_32.name,
    value: ratio(busy, name, APPEND, perEvent),
    unit: `× ${APPEND}`,
    target: { atMost: 0.5 },
    constants: { busyEventMicroseconds: cpuOf(busy, name, eventsOf) },
  };
  yield {
    ...common(busy, SINGLE_32),
    name: `${SINGLE_32.name}-rate`,
    load: `${SINGLE_32.load}, events a second`,
    value: ratio(busy, name, APPEND, rateOf),
    unit: `× ${APPEND}`,
    target: { atLeast: 2.5 },
    details: Array.from(
      busy.slices,
      ([side, slices]) =>
        `${side.padEnd(14)} ${number(spread(slices.map(rateOf)).median)} events/s`,
    ),
  };
  const batches = roundsOf(all, NDJSON);
  const slices = batches.slices.get(name) ?? [];
  yield {
    ...common(batches, NDJSON),
    name: `${NDJSON.name}-rate`,
    value: spread(slices.map(rateOf)),
    unit: 'events/s',
    target: { atLeast: 35_000 },
    constants: { batchedEventMicroseconds: cpuOf(batches, name, eventsOf) },
  };
  yield {
    ...common(batches, NDJSON),
    name: `${NDJSON.name}-cpu`,
    value: spread(slices.map(perEvent)),
    unit: 'µs of CPU an event',
    target: { atMost: 25 },
    details: [],
  };
  const four = roundsOf(all, NDJSON_4);
  yield {
    ...common(four, NDJSON_4),
    name: NDJSON_4.name,
    value: spread((four.slices.get(name) ?? []).map(rateOf)),
    unit: 'events/s',
    target: { atLeast: 40_000 },
  };
}

function comparison(rounds: Rounds, { name, load }: Load, ours: string, base: string): Row {
  return {
    name,
    load,
    value: ratio(rounds, ours, base, perEvent),
    unit: `× ${base}`,
    measurements: rounds.slices.get(ours)?.length ?? 0,
    dropped: rounds.dropped,
    details: detailsOf(rounds, 'an event', eventsOf),
    faults: faultsOf(rounds),
  };
}

/** The name of the slices of a load. */
function nameOf({ name }: Load, side: string): string {
  return `${name}: ${side}`;
}

/** The slices of a load, by who is measured. */
function roundsOf({ slices, dropped }: Rounds, load: Load): Rounds {
  const prefix = nameOf(load, '');
  const own = Array.from(slices).filter(([name]) => name.startsWith(prefix));
  return { slices: new Map(own.map(([name, all]) => [name.slice(prefix.length), all])), dropped };
}

function eventsOf({ events }: Slice): number {
  return events;
}

function perEvent({ cpuMicroseconds, events }: Slice): number {
  return cpuMicroseconds / events;
}

function rateOf({ events, seconds }: Slice): number {
  return events / seconds;
}
