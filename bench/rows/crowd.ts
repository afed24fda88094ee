/**
 * What do subscribers cost who are not due an event? Nine thousand sockets in twenty classes of which ninety
 * are due it, beside those ninety alone; and beside themselves after the hub has slept.
 */
import { FEW, OTHERS } from '../contestants/carillon.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { detailsOf, faultsOf, type Row } from '../measure/row.ts';

const CROWD = 9000;
const DUE = 90;
const PAIRS = 6;
const REQUESTS = { whole: 100, quick: 50 };
/** workerd lets an object sleep after ten seconds without work. */
export const SLEEP_MS = 11_500;
const WAKINGS = { whole: 6, quick: 3 };
/** Events that tell what one costs in a hub that is awake. */
const WARM_EVENTS = 5;

export async function* crowd(context: Context): AsyncGenerator<Row> {
  const { carillon, quick } = context;
  const size = quick ? 'quick' : 'whole';
  const few = { sockets: DUE, classes: FEW, protocol: 'stock' } as const;
  const alone = await Stage.open(context, { ...carillon, name: '90 alone' }, few);
  const among = await Stage.open(context, { ...carillon, name: '90 of 9,000' });
  try {
    context.progress(`crowd: opening ${CROWD} sockets`);
    const others = { sockets: CROWD - DUE, classes: OTHERS, protocol: 'stock' } as const;
    const silent = await among.seat(others);
    const audience = await among.seat(few);
    const pace = { pace: { inFlight: 1, requests: REQUESTS[size] }, alone: true };
    const contestants = [
      { name: among.name, slice: () => among.run({ ...pace, audience }) },
      { name: alone.name, slice: () => alone.run(pace) },
    ];
    context.progress('crowd: warming up');
    for (const { slice } of contestants) await slice();
    const rounds = await interleave(contestants, {
      rounds: PAIRS,
      maxSeconds: quick ? 20 : 60,
      progress: (text) => context.progress(`crowd: ${text}`),
    });
    yield {
      name: 'crowd/90-of-9000',
      load: `${CROWD} sockets, an event that ${DUE} may see`,
      value: ratio(rounds, among.name, alone.name, perEvent),
      unit: `× ${alone.name}`,
      target: { atMost: 1.2 },
      measurements: rounds.slices.get(among.name)?.length ?? 0,
      dropped: rounds.dropped,
      details: detailsOf(rounds, 'an event', ({ events }) => events),
      faults: [...faultsOf(rounds), ...(await context.load.strayed(silent))],
    };

    const one = { pace: { inFlight: 1, requests: 1 }, alone: true, audience };
    const warm = { ...one, pace: { inFlight: 1, requests: WARM_EVENTS } };
    const wakings = await interleave(
      [
        {
          name: 'waking',
          slice: async () => {
            await new Promise((resolve) => setTimeout(resolve, SLEEP_MS));
            return among.run(one);
          },
        },
        { name: 'warm', slice: () => among.run(warm) },
      ],
      {
        rounds: WAKINGS[size],
        maxSeconds: quick ? 50 : 120,
        progress: (text) => context.progress(`wake: ${text}`),
      },
    );
    yield {
      name: 'crowd/wake',
      load: `waking with ${CROWD} sockets in 20 classes, an event that ${DUE} may see`,
      value: ratio(wakings, 'waking', 'warm', perEvent),
      unit: '× warm',
      target: { atMost: 1.8 },
      measurements: wakings.slices.get('waking')?.length ?? 0,
      dropped: wakings.dropped,
      details: detailsOf(wakings, 'an event', ({ events }) => events),
      faults: faultsOf(wakings),
    };
  } finally {
    await alone.stop();
    await among.stop();
  }
}

function perEvent({ cpuMicroseconds, events }: Slice): number {
  return cpuMicroseconds / events;
}
