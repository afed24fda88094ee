/** What does an event cost on its way in, with nobody there to hear it? */
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { cpuOf, detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';

const CONNECTIONS = 8;
const PAIRS = 6;
const REQUESTS = { whole: 3000, quick: 1000 };
const BATCH = 500;
const BATCHES = { whole: 60, quick: 20 };

export async function* publish(context: Context): AsyncGenerator<Row> {
  const { carillon, baseline, quick } = context;
  const size = quick ? 'quick' : 'whole';
  const isCompared = baseline.kind === 'carillon';
  const ours = await Stage.open(context, carillon);
  const base = await Stage.open(context, baseline);
  try {
    const single = { pace: { inFlight: CONNECTIONS, requests: REQUESTS[size] } };
    const batches = { pace: { inFlight: 1, requests: BATCHES[size] }, batch: BATCH };
    const insert = isCompared ? single : { ...single, path: '/insert' };
    const contestants = [
      { name: carillon.name, slice: () => ours.run(single) },
      { name: baseline.name, slice: () => base.run(insert) },
      { name: 'NDJSON', slice: () => ours.run(batches) },
      ...(isCompared ? [{ name: `NDJSON, ${baseline.name}`, slice: () => base.run(batches) }] : []),
    ];
    context.progress('publish: warming up');
    for (const { slice } of contestants) await slice();
    const rounds = await interleave(contestants, {
      rounds: PAIRS,
      maxSeconds: quick ? 30 : 120,
      progress: (text) => context.progress(`publish: ${text}`),
    });
    const common = {
      measurements: rounds.slices.get(carillon.name)?.length ?? 0,
      dropped: rounds.dropped,
      faults: faultsOf(rounds),
    };
    const rows = (...names: string[]) => ({
      ...rounds,
      slices: new Map(Array.from(rounds.slices).filter(([name]) => names.includes(name))),
    });
    const details = (...names: string[]) =>
      detailsOf(rows(...names), 'an event', ({ events }) => events);
    yield {
      ...common,
      name: 'publish/single',
      load: `one event a request, ${CONNECTIONS} connections`,
      value: ratio(rounds, carillon.name, baseline.name, perEvent),
      unit: isCompared ? `× ${baseline.name}` : '× bare insert',
      target: isCompared ? undefined : { atMost: 1.1 },
      details: details(carillon.name, baseline.name),
      constants: { eventMicroseconds: cpuOf(rounds, carillon.name, ({ events }) => events) },
    };
    if (isCompared) {
      yield {
        ...common,
        name: 'publish/ndjson',
        load: `NDJSON of ${BATCH}, one request at a time`,
        value: ratio(rounds, 'NDJSON', `NDJSON, ${baseline.name}`, perEvent),
        unit: `× ${baseline.name}`,
        details: details('NDJSON', `NDJSON, ${baseline.name}`),
      };
      return;
    }
    yield {
      ...common,
      name: 'publish/ndjson-rate',
      load: `NDJSON of ${BATCH}, one request at a time`,
      value: spread(
        (rounds.slices.get('NDJSON') ?? []).map(({ events, seconds }) => events / seconds),
      ),
      unit: 'events/s',
      target: { atLeast: 20_000 },
      details: details('NDJSON'),
      constants: { batchedEventMicroseconds: cpuOf(rounds, 'NDJSON', ({ events }) => events) },
    };
    yield {
      ...common,
      name: 'publish/ndjson-cpu',
      load: `NDJSON of ${BATCH}, CPU of an event`,
      value: ratio(rounds, 'NDJSON', carillon.name, perEvent),
      unit: '× one event a request',
      target: { atMost: 0.05 },
      details: [],
    };
  } finally {
    await ours.stop();
    await base.stop();
  }
}

function perEvent({ cpuMicroseconds, events }: Slice): number {
  return cpuMicroseconds / events;
}
