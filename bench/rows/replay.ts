/** How fast does a subscriber get what it missed, if that is a whole journal? */
import { REPLAY_BUDGET_BYTES, REPLAY_BYTES_PER_SECOND } from '../../src/hub/limits.ts';
import { EVERYBODY, FRAME_BYTES, setOf, tokenFor } from '../contestants/carillon.ts';
import { openRetaining } from '../contestants/journal.ts';
import type { Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { number } from '../measure/digits.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';

const EVENTS = 100_000;
/** The most that a client can ask for. */
const CREDIT = 10_000;
const LOAD = `${number(EVENTS)} retained events to one carillon.v1 reader with a credit of ${number(CREDIT)}`;
const ROUNDS = { whole: 5, quick: 2 };
/** Until the hub can afford as much as at the first time. */
const REFILL_MS = (REPLAY_BUDGET_BYTES / REPLAY_BYTES_PER_SECOND) * 1000 + 500;
/**
 * What a single subscriber may read at once, which is half of the budget, and then a second: its replay takes no less
 * than this, however fast the hub is.
 */
const THROTTLED_SECONDS =
  (EVENTS * FRAME_BYTES - REPLAY_BUDGET_BYTES / 2) / REPLAY_BYTES_PER_SECOND;

/** What the journal had when each event was a row of its own, on the machine of `RESULTS.md`. */
const ROW_JOURNAL = { eventsPerSecond: 15_400, microseconds: 15.8 };
const FASTER = 5;

export async function* replay(context: Context): AsyncGenerator<Row> {
  const { carillon, baseline, quick } = context;
  const size = quick ? 'quick' : 'whole';
  const isCompared = baseline.kind === 'carillon';
  const stages: Stage[] = [];
  try {
    for (const side of isCompared ? [carillon, baseline] : [carillon]) {
      stages.push(await openRetaining(context, side, EVENTS));
    }
    const contestants = await Promise.all(
      stages.map(async (stage) => {
        const set = await readerOf(stage);
        return {
          name: stage.name,
          slice: async () => {
            await new Promise((resolve) => setTimeout(resolve, REFILL_MS));
            return stage.replay(set, EVENTS);
          },
        };
      }),
    );
    const rounds = await interleave(contestants, {
      rounds: ROUNDS[size],
      maxSeconds: quick ? 50 : 120,
      progress: (text) => context.progress(`replay: ${text}`),
    });
    const common = {
      measurements: rounds.slices.get(carillon.name)?.length ?? 0,
      dropped: rounds.dropped,
      details: Array.from(rounds.slices, ([name, all]) => lineOf(name, all)),
      faults: faultsOf(rounds),
    };
    if (isCompared) {
      yield {
        ...common,
        name: 'replay/100k',
        load: `${LOAD}, CPU`,
        value: ratio(rounds, carillon.name, baseline.name, perEvent),
        unit: `× ${baseline.name}`,
      };
      return;
    }
    const slices = rounds.slices.get(carillon.name) ?? [];
    yield {
      ...common,
      name: 'replay/100k',
      load: LOAD,
      value: spread(slices.map(({ events, seconds }) => events / seconds)),
      unit: 'events/s',
      target: { atLeast: FASTER * ROW_JOURNAL.eventsPerSecond },
    };
    yield {
      ...common,
      name: 'replay/100k-cpu',
      load: `${LOAD}, CPU`,
      value: spread(slices.map(perEvent)),
      unit: 'µs an event',
      target: { atMost: ROW_JOURNAL.microseconds / FASTER },
      details: [],
    };
  } finally {
    for (const stage of stages) await stage.stop();
  }
}

async function readerOf({ server }: Stage) {
  const [first] = EVERYBODY;
  if (first === undefined) throw new Error('there is no class');
  const set = setOf(first, await tokenFor(server, first.policy), 1, 'carillon.v1');
  return { ...set, headers: { ...set.headers, 'Last-Event-ID': 'earliest' }, credit: CREDIT };
}

/** The rate by the clock, and what bounds it: the throttle of replays, or CPU. */
function lineOf(name: string, slices: readonly Slice[]): string {
  const of = (measure: (slice: Slice) => number) => spread(slices.map(measure));
  const seconds = of((slice) => slice.seconds).median;
  const cpu = of(perEvent);
  const cpuSeconds = (cpu.median * EVENTS) / 1e6;
  const bound = cpuSeconds < THROTTLED_SECONDS ? 'the throttle of replays' : 'CPU';
  return (
    `${name.padEnd(14)} ${number(EVENTS / seconds)} events/s, ${number(cpu.median)} µs of CPU an event ` +
    `(${number(cpu.min)}–${number(cpu.max)}), client ${number(of(({ clientCores }) => clientCores).median)} cores; ` +
    `${number(seconds)} s, of which CPU ${number(cpuSeconds)}, and with the throttle no less than ` +
    `${number(THROTTLED_SECONDS)}: bounded by ${bound}`
  );
}

function perEvent({ cpuMicroseconds, events }: Slice): number {
  return cpuMicroseconds / events;
}
