/**
 * How long does an event take where the publisher waits for nobody, at the edge of collapse? The rate is a tenth more
 * than the raw loop can deliver on this machine at this moment, so the raw loop falls behind, whatever the machine.
 */
import { EVERYBODY } from '../contestants/carillon.ts';
import { Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { number } from '../measure/digits.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';

const SUBSCRIBERS = { sockets: 1000, classes: EVERYBODY, protocol: 'stock' } as const;
const EXCESS = 1.1;
const SECONDS = { whole: 10, quick: 5 };
const CALIBRATION_SECONDS = { whole: 4, quick: 2 };
const PAIRS = { whole: 6, quick: 3 };

export async function* openloop(context: Context): AsyncGenerator<Row> {
  const { carillon, baseline } = context;
  const size = context.quick ? 'quick' : 'whole';
  const isCompared = baseline.kind === 'carillon';
  const ours = await Stage.open(context, carillon, SUBSCRIBERS);
  const base = await Stage.open(context, baseline, SUBSCRIBERS);
  try {
    // One at a time, another Carillon delivers about as much as the raw loop. With more in flight it has no such edge.
    const inFlight = isCompared ? 1 : 16;
    const calibrate = async () => {
      const { events, seconds } = await base.run({
        pace: { inFlight, requests: Number.MAX_SAFE_INTEGER, seconds: CALIBRATION_SECONDS[size] },
        alone: inFlight === 1,
      });
      return (EXCESS * events) / seconds;
    };
    const rates: number[] = [];
    let slices = 0;
    const paced = async (stage: Stage) => {
      // Both of a round run at the same rate.
      if (slices++ % 2 === 0) rates.push(await calibrate());
      const perSecond = rates.at(-1) ?? 0;
      return stage.run({
        pace: { perSecond, requests: Math.ceil(perSecond * SECONDS[size]) },
      });
    };
    context.progress('openloop: warming up');
    for (const stage of [ours, base]) await stage.run({ pace: { inFlight: 4, requests: 20 } });
    const rounds = await interleave(
      [
        { name: carillon.name, slice: () => paced(ours) },
        { name: baseline.name, slice: () => paced(base) },
      ],
      {
        rounds: PAIRS[size],
        maxSeconds: context.quick ? 40 : 240,
        progress: (text) => context.progress(`openloop: ${text}`),
      },
    );
    const rate = spread(rates);
    yield {
      name: 'openloop',
      load: `${EXCESS} × the events a second that ${isCompared ? baseline.name : 'the raw loop'} can deliver, for ${SECONDS[size]} s, stock frames, p99`,
      value: ratio(rounds, carillon.name, baseline.name, ({ latency }) => latency.p99),
      unit: `× ${baseline.name}`,
      target: isCompared ? undefined : { atMost: 0.15 },
      measurements: rounds.slices.get(carillon.name)?.length ?? 0,
      dropped: rounds.dropped,
      details: [
        `${number(rate.median)} events/s (${number(rate.min)}–${number(rate.max)})`,
        ...detailsOf(rounds, 'a delivery', ({ deliveries }) => deliveries),
      ],
      faults: faultsOf(rounds),
    };
  } finally {
    await ours.stop();
    await base.stop();
  }
}
