/** What does the first publish cost after a hub has slept that retains a whole journal? */
import { OTHER_EVENT_TYPE } from '../contestants/carillon.ts';
import { openRetaining } from '../contestants/journal.ts';
import type { Slice } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { number } from '../measure/digits.ts';
import { interleave } from '../measure/pairs.ts';
import { faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';
import { SLEEP_MS } from './crowd.ts';

const EVENTS = 100_000;
const WAKINGS = { whole: 6, quick: 3 };
/** To another hub: afterwards the Worker and the authority are awake, and the token is known. */
const ELSEWHERE = { path: `/v1/sys/events/publish/${OTHER_EVENT_TYPE}`, requests: 3 };
/** That tell what one costs in a hub that is awake. */
const LATER = 20;

export async function* wake(context: Context): AsyncGenerator<Row> {
  const size = context.quick ? 'quick' : 'whole';
  const stage = await openRetaining(context, context.carillon, EVENTS);
  try {
    const publish = (requests: number, path?: string) =>
      stage.run({ pace: { inFlight: 1, requests }, ...(path !== undefined && { path }) });
    const laterCosts: number[] = [];
    const waking = async (): Promise<Slice> => {
      await new Promise((resolve) => setTimeout(resolve, SLEEP_MS));
      await publish(ELSEWHERE.requests, ELSEWHERE.path);
      const first = await publish(1);
      const later = await publish(LATER);
      laterCosts.push(later.cpuMicroseconds / LATER);
      return {
        ...first,
        cpuMicroseconds: first.cpuMicroseconds - later.cpuMicroseconds / LATER,
        failed: first.failed + later.failed,
        failure: first.failure ?? later.failure,
      };
    };
    const rounds = await interleave([{ name: 'waking', slice: waking }], {
      rounds: WAKINGS[size],
      maxSeconds: context.quick ? 50 : 120,
      progress: (text) => context.progress(`wake: ${text}`),
    });
    const slices = rounds.slices.get('waking') ?? [];
    yield {
      name: 'wake/first-publish',
      load: `the first publish after waking with ${number(EVENTS)} retained events, CPU beyond a later one`,
      value: spread(slices.map(({ cpuMicroseconds }) => cpuMicroseconds / 1000)),
      unit: 'ms of CPU',
      target: { atMost: 5 },
      measurements: slices.length,
      dropped: rounds.dropped,
      details: [
        `${number(spread(laterCosts).median)} µs of CPU for a later one`,
        `${number(spread(slices.map(({ latency }) => latency.p50)).median)} ms until the first was answered`,
      ],
      faults: faultsOf(rounds),
    };
  } finally {
    await stage.stop();
  }
}
