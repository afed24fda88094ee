/**
 * What does it cost to deliver to a destination, and how fast is it? To a Worker, a queue and a webhook on this machine; then
 * what a thousand destinations, of which few match and some are dead, cost a publisher and a hub.
 */
import { type Bundle, buildBundle } from '../../src/cli/dev/bundle.ts';
import type { ConstantName } from '../constants.ts';
import { makeDestinationPolicy, Receiver, type TargetKind } from '../contestants/push.ts';
import type { Side } from '../contestants/side.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { cpuMicroseconds } from '../measure/accounting.ts';
import { number } from '../measure/digits.ts';
import { interleave } from '../measure/pairs.ts';
import { cpuOf, detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';
import { countedDestinations } from './counted-destinations.ts';
import { manyDestinations } from './many-destinations.ts';

const ENTRY = 'bench/contestants/pushing.ts';
const BATCH = 500;
const REQUESTS = { whole: 20, quick: 6 };
const ROUNDS = 5;
const MAX_SECONDS = { whole: 120, quick: 30 };
const LOOK_MS = 50;
/** After which what has not arrived never will. */
const PATIENCE_MS = 60_000;

const KINDS: readonly (readonly [TargetKind, ConstantName])[] = [
  ['worker', 'workerDeliveryMicroseconds'],
  ['queue', 'queueDeliveryMicroseconds'],
  ['webhook', 'webhookDeliveryMicroseconds'],
];

export async function* destinations(context: Context): AsyncGenerator<Row> {
  const built = await buildBundle({ entry: ENTRY });
  if (!built.ok) throw new Error(built.failure.message);
  for (const kind of KINDS) yield* delivered(context, built.value, kind);
  yield* manyDestinations(context, built.value);
  yield* countedDestinations(context);
}

/** One destination, beside the same events with none. */
async function* delivered(
  context: Context,
  bundle: Bundle,
  [kind, cpu]: (typeof KINDS)[number],
): AsyncGenerator<Row> {
  const size = context.quick ? 'quick' : 'whole';
  const receiver = await Receiver.listen();
  const { targets } = receiver;
  const side: Side = { name: `a ${kind}`, kind: 'carillon', bundle, targets };
  const pushing = await Stage.open(context, side);
  const without = await Stage.open(context, { ...side, name: 'no destination' });
  try {
    await makeDestinationPolicy(pushing.server);
    await receiver.write(pushing.server, 'bench', kind);
    const pace = { pace: { inFlight: 1, requests: REQUESTS[size] }, batch: BATCH };
    const push = () => untilReceived(pushing, receiver, kind, () => pushing.run(pace));
    context.progress(`destinations: warming up ${kind}`);
    await push();
    await without.run(pace);
    const rounds = await interleave(
      [
        { name: side.name, slice: push },
        { name: without.name, slice: () => without.run(pace) },
      ],
      {
        rounds: ROUNDS,
        maxSeconds: MAX_SECONDS[size],
        progress: (text) => context.progress(`destinations/${kind}: ${text}`),
      },
    );
    const eventsOf = ({ events }: Slice) => events;
    const slices = rounds.slices.get(side.name) ?? [];
    const base = cpuOf(rounds, without.name, eventsOf);
    const added = spread(slices.map((slice) => slice.cpuMicroseconds / slice.events - base));
    const common = {
      measurements: slices.length,
      dropped: rounds.dropped,
      faults: faultsOf(rounds),
    };
    yield {
      ...common,
      name: `destinations/${kind}`,
      load: `one destination, a ${kind} on this machine, batches of 100, while NDJSON of ${BATCH} is published`,
      value: spread(slices.map(({ events, seconds }) => events / seconds)),
      unit: 'events/s',
      details: detailsOf(rounds, 'an event', eventsOf),
    };
    yield {
      ...common,
      name: `destinations/${kind}-cpu`,
      load: 'the same: CPU for the delivery of an event',
      value: added,
      unit: 'µs of CPU an event',
      constants: { [cpu]: added.median },
      details: [`${number(base)} µs of CPU an event without a destination`],
    };
  } finally {
    await pushing.stop();
    await without.stop();
    receiver.close();
  }
}

/** A slice that ends when the target has all events of it. */
async function untilReceived(
  stage: Stage,
  receiver: Receiver,
  kind: TargetKind,
  run: () => Promise<Slice>,
): Promise<Slice> {
  const received = () => receiver.received(stage.server, kind);
  const before = await received();
  const cpuBefore = cpuMicroseconds(stage.server.pid);
  const begin = performance.now();
  const slice = await run();
  const deadline = performance.now() + PATIENCE_MS;
  while ((await received()) - before < slice.events) {
    if (performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return {
    ...slice,
    deliveries: (await received()) - before,
    expected: slice.events,
    seconds: (performance.now() - begin) / 1000,
    cpuMicroseconds: cpuMicroseconds(stage.server.pid) - cpuBefore,
  };
}
