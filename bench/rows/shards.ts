/**
 * What does a delivery cost by shards, beside one by the hub itself, and how much later does it come? Nine thousand sockets in
 * thirty shards of three regions, beside nine thousand on a hub; then one subscriber on a hub and one in a shard of it.
 */
import { buildBundle } from '../../src/cli/dev/bundle.ts';
import type { ConstantName } from '../constants.ts';
import { EVERYBODY } from '../contestants/carillon.ts';
import { giveShards, SHARDING, socketSetsIn, THREE_REGIONS } from '../contestants/shards.ts';
import type { Side } from '../contestants/side.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { number } from '../measure/digits.ts';
import { interleave, type Rounds, ratio } from '../measure/pairs.ts';
import { cpuOf, detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { type Spread, spread } from '../measure/statistics.ts';
import { countedShards } from './counted-shards.ts';
import { regions } from './regions.ts';

const ENTRY = 'bench/contestants/sharded.ts';
const SOCKETS = 9000;
const SHARDS_OF_A_REGION = 10;
/** Thirty sockets each: a shard has the sockets of about ten. */
const TOKENS_OF_A_REGION = 100;
const PAIRS = 6;
const MAX_SECONDS = { whole: 120, quick: 20 };

interface Load {
  readonly name: string;
  readonly load: string;
  readonly inFlight: number;
  readonly constant: ConstantName;
  readonly requests: { readonly whole: number; readonly quick: number };
}

const LOADS: readonly Load[] = [
  {
    name: 'shards/cpu',
    load: 'one event at a time',
    inFlight: 1,
    constant: 'shardedDeliveryMicroseconds',
    requests: { whole: 8, quick: 3 },
  },
  {
    name: 'shards/cpu-16',
    load: '16 publishes in flight',
    inFlight: 16,
    constant: 'busyShardedDeliveryMicroseconds',
    requests: { whole: 64, quick: 32 },
  },
];

/** That tell how much later a delivery comes. */
const LONE_EVENTS = { whole: 200, quick: 50 };

export async function* shards(context: Context): AsyncGenerator<Row> {
  const built = await buildBundle({ entry: ENTRY });
  if (!built.ok) throw new Error(built.failure.message);
  const side: Side = { name: 'shards', kind: 'carillon', bundle: built.value, sharding: SHARDING };
  yield* deliveries(context, side);
  yield* latency(context, side);
  yield* regions(context, side);
  yield* countedShards(context);
}

async function* deliveries(context: Context, side: Side): AsyncGenerator<Row> {
  const size = context.quick ? 'quick' : 'whole';
  const sharded = await Stage.open(context, { ...side, name: '30 shards' });
  const single = await Stage.open(context, { ...side, name: 'one hub' });
  try {
    context.progress(`shards: opening twice ${SOCKETS} sockets`);
    const crowd = {
      regions: THREE_REGIONS,
      tokens: TOKENS_OF_A_REGION,
      socketsOfAToken: SOCKETS / THREE_REGIONS.length / TOKENS_OF_A_REGION,
      classes: EVERYBODY,
    };
    // A hub that has nothing gets no shards.
    await sharded.run({ pace: { inFlight: 1, requests: 1 } });
    await giveShards(sharded.server, THREE_REGIONS, SHARDS_OF_A_REGION);
    const audiences = {
      sharded: await sharded.seatSets(await socketSetsIn(sharded.server, crowd)),
      single: await single.seatSets(await socketSetsIn(single.server, crowd)),
    };
    for (const { name, load, inFlight, constant, requests } of LOADS) {
      const pace = { pace: { inFlight, requests: requests[size] }, alone: inFlight === 1 };
      const contestants = [
        { name: sharded.name, slice: () => sharded.run({ ...pace, audience: audiences.sharded }) },
        { name: single.name, slice: () => single.run({ ...pace, audience: audiences.single }) },
      ];
      context.progress(`${name}: warming up`);
      for (const { slice } of contestants) await slice();
      const rounds = await interleave(contestants, {
        rounds: PAIRS,
        maxSeconds: MAX_SECONDS[size],
        progress: (text) => context.progress(`${name}: ${text}`),
      });
      yield {
        name,
        load: `${number(SOCKETS)} sockets in ${THREE_REGIONS.length * SHARDS_OF_A_REGION} shards of ${THREE_REGIONS.length} regions, ${load}`,
        value: ratio(rounds, sharded.name, single.name, perDelivery),
        unit: `× ${single.name}`,
        target: { atMost: 1.15 },
        measurements: rounds.slices.get(sharded.name)?.length ?? 0,
        dropped: rounds.dropped,
        details: detailsOf(rounds, 'a delivery', ({ deliveries }) => deliveries),
        faults: faultsOf(rounds),
        constants: { [constant]: cpuOf(rounds, sharded.name, ({ deliveries }) => deliveries) },
      };
    }
  } finally {
    await sharded.stop();
    await single.stop();
  }
}

async function* latency(context: Context, side: Side): AsyncGenerator<Row> {
  const size = context.quick ? 'quick' : 'whole';
  const stage = await Stage.open(context, side);
  try {
    const one = { tokens: 1, socketsOfAToken: 1, classes: EVERYBODY.slice(0, 1) };
    const seat = async (...regions: ('any' | 'weur')[]) =>
      stage.seatSets(await socketSetsIn(stage.server, { ...one, regions }));
    const atHub = await seat('any');
    await giveShards(stage.server, ['weur'], 2);
    const atShard = await seat('weur');
    const pace = { pace: { inFlight: 1, requests: LONE_EVENTS[size] }, alone: true };
    const contestants = [
      { name: 'at a shard', slice: () => stage.run({ ...pace, audience: atShard }) },
      { name: 'at the hub', slice: () => stage.run({ ...pace, audience: atHub }) },
    ];
    for (const { slice } of contestants) await slice();
    const rounds = await interleave(contestants, {
      rounds: PAIRS,
      maxSeconds: MAX_SECONDS[size],
      progress: (text) => context.progress(`shards/latency: ${text}`),
    });
    const p99 = added(rounds, ({ latency }) => latency.p99);
    yield {
      name: 'shards/latency',
      load: 'from the hub by the head of a region to a shard, on one machine: later than at the hub, p50',
      value: added(rounds, ({ latency }) => latency.p50),
      unit: 'ms',
      measurements: rounds.slices.get('at a shard')?.length ?? 0,
      dropped: rounds.dropped,
      details: [
        `p99: ${number(p99.median)} ms later (${number(p99.min)}–${number(p99.max)})`,
        ...detailsOf(rounds, 'an event', ({ events }) => events),
      ],
      faults: faultsOf(rounds),
    };
  } finally {
    await stage.stop();
  }
}

/** Milliseconds, round by round. */
function added({ slices }: Rounds, of: (slice: Slice) => number): Spread {
  const atHub = slices.get('at the hub') ?? [];
  return spread(
    (slices.get('at a shard') ?? []).map((slice, round) => {
      const other = atHub[round];
      return other === undefined ? Number.NaN : of(slice) - of(other);
    }),
  );
}

function perDelivery({ cpuMicroseconds, deliveries }: Slice): number {
  return cpuMicroseconds / deliveries;
}
