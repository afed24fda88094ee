/**
 * A thousand destinations of a Vault namespace, of which ten match what is published, and ten more match and are dead: what does a
 * publisher notice, and how often does the hub call?
 */
import type { Bundle } from '../../src/cli/dev/bundle.ts';
import { api, EVENT_TYPE, makeToken } from '../contestants/carillon.ts';
import { CountedStage } from '../contestants/counted-stage.ts';
import { makeDestinationPolicy, Receiver } from '../contestants/push.ts';
import type { Server } from '../contestants/server.ts';
import type { Side } from '../contestants/side.ts';
import { Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { countedRow } from '../measure/counts.ts';
import { number } from '../measure/digits.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { detailsOf, faultsOf, type Row } from '../measure/row.ts';

const COUNT = { whole: 1000, quick: 60 };
const MATCHING = 10;
const DEAD = 10;
/** Far less than the machine can do, so that what is measured is not who has the processor. */
const PER_SECOND = 20;
const SECONDS = { whole: 10, quick: 5 };
const ROUNDS = 6;
const COUNTED = { whole: 200, quick: 50 };

export async function* manyDestinations(context: Context, bundle: Bundle): AsyncGenerator<Row> {
  const size = context.quick ? 'quick' : 'whole';
  const receiver = await Receiver.listen();
  const { targets } = receiver;
  const side: Side = {
    name: `${number(COUNT[size])} destinations`,
    kind: 'carillon',
    bundle,
    targets,
  };
  const many = await Stage.open(context, side);
  const few = await Stage.open(context, { ...side, name: 'those that match' });
  const none = await Stage.open(context, { ...side, name: 'no destination' });
  try {
    await writeMany(context, many.server, receiver, COUNT[size]);
    await writeMany(context, few.server, receiver, MATCHING + DEAD);
    const pace = { pace: { perSecond: PER_SECOND, requests: PER_SECOND * SECONDS[size] } };
    const stages = [many, few, none];
    for (const stage of stages) await stage.run(pace);
    const rounds = await interleave(
      stages.map((stage) => ({ name: stage.name, slice: () => stage.run(pace) })),
      {
        rounds: ROUNDS,
        maxSeconds: 180,
        progress: (text) => context.progress(`destinations/1000-publisher: ${text}`),
      },
    );
    const common = {
      load: `${side.name}, of which ${MATCHING} match and ${DEAD} more are dead: p99 of the answer to a publisher`,
      measurements: rounds.slices.get(many.name)?.length ?? 0,
      dropped: rounds.dropped,
      details: detailsOf(rounds, 'an event', ({ events }) => events),
      faults: faultsOf(rounds),
    };
    yield {
      ...common,
      name: 'destinations/1000-publisher',
      value: ratio(rounds, many.name, none.name, ({ latency }) => latency.p99),
      unit: `× ${none.name}`,
    };
    yield {
      ...common,
      name: 'destinations/1000-others',
      value: ratio(rounds, many.name, few.name, ({ latency }) => latency.p99),
      unit: `× only ${few.name}`,
    };
  } finally {
    for (const stage of [many, few, none]) await stage.stop();
    receiver.close();
  }
}

/** @param bundle built from `counting.ts` */
export async function* countedMany(context: Context, bundle: Bundle): AsyncGenerator<Row> {
  const size = context.quick ? 'quick' : 'whole';
  const receiver = await Receiver.listen();
  const stage = await CountedStage.open(context, bundle, undefined, receiver.targets);
  try {
    await writeMany(context, stage.server, receiver, COUNT[size]);
    const requests = COUNTED[size];
    await stage.run({ pace: { inFlight: 1, requests: 10 } });
    const { callsOf, rowsOf, faults } = await stage.run({ pace: { inFlight: 1, requests } });
    yield {
      ...countedRow(
        'destinations/1000-calls',
        `an event alone, ${number(COUNT[size])} destinations, of which ${MATCHING} match and ${DEAD} more are dead: of the hub`,
        callsOf.Hub / requests,
        'calls to objects',
      ),
      target: { atMost: 1.01 },
      details: [
        `${number(callsOf.Dispatcher / requests)} calls of the dispatcher, ${number(callsOf.Destination / requests)} of all destinations`,
        `rows: ${number(rowsOf.Hub / requests)} of the hub, ${number(rowsOf.Dispatcher / requests)} of the dispatcher, ${number(rowsOf.Destination / requests)} of all destinations`,
      ],
      faults,
    };
  } finally {
    await stage.stop();
    receiver.close();
  }
}

async function writeMany(
  context: Context,
  server: Server,
  receiver: Receiver,
  count: number,
): Promise<void> {
  await makeDestinationPolicy(server);
  const all = `path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }`;
  await api(server, 'sys/policies/acl/bench-operator', { policy: all });
  for (let written = 0; written < count; written++) {
    context.progress(`destinations: ${written} of ${count} written`);
    const isMatching = written < MATCHING;
    const isDead = !isMatching && written < MATCHING + DEAD;
    const pattern = isMatching || isDead ? EVENT_TYPE : `elsewhere-${written % 50}/*`;
    const kind = isDead ? 'webhook' : 'worker';
    const members = { pattern, ...(isDead && { isDead }) };
    // An owner has no more than a share of what a Vault namespace may have.
    const token = await makeToken(server, ['bench-operator']);
    await receiver.write(server, `d${written}`, kind, members, token);
  }
}
