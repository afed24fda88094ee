/** How many calls and rows does it take to deliver an event to a destination, alone and in batches? */
import { type Bundle, buildBundle } from '../../src/cli/dev/bundle.ts';
import type { ConstantName } from '../constants.ts';
import { CountedStage } from '../contestants/counted-stage.ts';
import { makeDestinationPolicy, Receiver, type TargetKind } from '../contestants/push.ts';
import type { Context } from '../context.ts';
import { countedRow } from '../measure/counts.ts';
import { number } from '../measure/digits.ts';
import type { Row } from '../measure/row.ts';
import { countedMany } from './many-destinations.ts';

const ENTRY = 'bench/contestants/counting.ts';
const KINDS: readonly TargetKind[] = ['worker', 'queue', 'webhook'];
const BATCH = 500;
const LONE = { whole: 100, quick: 20 };
const BATCHES = { whole: 20, quick: 5 };
/** Between lone events: each finds its destination at rest. */
const REST_MS = 200;

export async function* countedDestinations(context: Context): AsyncGenerator<Row> {
  const built = await buildBundle({ entry: ENTRY });
  if (!built.ok) throw new Error(built.failure.message);
  for (const kind of KINDS) yield* counted(context, built.value, kind);
  yield* countedMany(context, built.value);
}

/** What the same events take with no destination is taken away. */
async function* counted(context: Context, bundle: Bundle, kind: TargetKind): AsyncGenerator<Row> {
  const size = context.quick ? 'quick' : 'whole';
  const receiver = await Receiver.listen();
  const stage = await CountedStage.open(context, bundle, undefined, receiver.targets);
  try {
    const lone = { pace: { perSecond: 1000 / REST_MS, requests: LONE[size] } };
    const batches = { pace: { inFlight: 1, requests: BATCHES[size] }, batch: BATCH };
    await stage.run(lone);
    const before = { lone: await stage.run(lone), batches: await stage.run(batches) };
    await makeDestinationPolicy(stage.server);
    await receiver.write(stage.server, 'bench', kind);
    await stage.run(lone);
    const after = { lone: await stage.run(lone), batches: await stage.run(batches) };
    const events = { lone: LONE[size], batches: BATCHES[size] * BATCH };
    const of = (load: 'lone' | 'batches', what: 'calls' | 'rows') =>
      (after[load][what] - before[load][what]) / events[load];
    const constants = {
      [`${kind}LoneCalls`]: of('lone', 'calls'),
      [`${kind}LoneRows`]: of('lone', 'rows'),
      [`${kind}BatchedCalls`]: of('batches', 'calls'),
      [`${kind}BatchedRows`]: of('batches', 'rows'),
    } as Partial<Record<ConstantName, number>>;
    const { callsOf, rowsOf } = after.lone;
    yield {
      ...countedRow(
        `destinations/${kind}-calls`,
        `the delivery of a lone event to a ${kind}`,
        of('lone', 'calls'),
        'calls to objects',
      ),
      constants,
      details: [
        `with alarms: ${number(callsOf.Hub / events.lone)} of the hub, ${number(callsOf.Dispatcher / events.lone)} of the dispatcher, ${number(callsOf.Destination / events.lone)} of the destination`,
        `${number(of('lone', 'rows'))} rows: ${number(rowsOf.Dispatcher / events.lone)} of the dispatcher, ${number(rowsOf.Destination / events.lone)} of the destination`,
        `in batches of 100: ${number(of('batches', 'calls'))} calls and ${number(of('batches', 'rows'))} rows an event`,
      ],
      faults: [...after.lone.faults, ...after.batches.faults],
    };
  } finally {
    await stage.stop();
    receiver.close();
  }
}
