/** How long does an event take where the publisher waits for nobody? */
import { EVERYBODY } from '../contestants/carillon.ts';
import { Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { detailsOf, faultsOf, type Row } from '../measure/row.ts';

const SUBSCRIBERS = { sockets: 1000, classes: EVERYBODY, protocol: 'stock' } as const;
const PER_SECOND = 30;
const SECONDS = { whole: 10, quick: 4 };
const PAIRS = { whole: 6, quick: 3 };

export async function* openloop(context: Context): AsyncGenerator<Row> {
  const { carillon, baseline } = context;
  const size = context.quick ? 'quick' : 'whole';
  const ours = await Stage.open(context, carillon, SUBSCRIBERS);
  const base = await Stage.open(context, baseline, SUBSCRIBERS);
  try {
    const pace = { pace: { perSecond: PER_SECOND, requests: PER_SECOND * SECONDS[size] } };
    const contestants = [
      { name: carillon.name, slice: () => ours.run(pace) },
      { name: baseline.name, slice: () => base.run(pace) },
    ];
    context.progress('openloop: warming up');
    for (const stage of [ours, base]) await stage.run({ pace: { inFlight: 4, requests: 20 } });
    const rounds = await interleave(contestants, {
      rounds: PAIRS[size],
      maxSeconds: context.quick ? 40 : 180,
      progress: (text) => context.progress(`openloop: ${text}`),
    });
    yield {
      name: 'openloop/30',
      load: `${PER_SECOND} events a second for ${SECONDS[size]} s, stock frames, p99`,
      value: ratio(rounds, carillon.name, baseline.name, ({ latency }) => latency.p99),
      unit: `× ${baseline.name}`,
      target: baseline.kind === 'carillon' ? undefined : { atMost: 0.15 },
      measurements: rounds.slices.get(carillon.name)?.length ?? 0,
      dropped: rounds.dropped,
      details: detailsOf(rounds, 'a delivery', ({ deliveries }) => deliveries),
      faults: faultsOf(rounds),
    };
  } finally {
    await ours.stop();
    await base.stop();
  }
}
