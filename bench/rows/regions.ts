/**
 * What does feeding regions cost a hub, and who waits for them? A hub with 250 shards in nine regions, beside the same hub
 * with heads that do nothing, and beside a hub that feeds nobody.
 */
import { EVERYBODY } from '../contestants/carillon.ts';
import { giveShards, NINE_REGIONS, socketSetsIn } from '../contestants/shards.ts';
import type { Side } from '../contestants/side.ts';
import { Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { number } from '../measure/digits.ts';
import { type Contestant, interleave, type Rounds } from '../measure/pairs.ts';
import { cpuOf, detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';

/** Of a region: together 252. */
export const SHARDS_OF_A_REGION = 28;
/** Enough that each shard has a socket or more. */
export const TOKENS_OF_A_REGION = 170;
const PAIRS = { whole: 6, quick: 3 };
const MAX_SECONDS = { whole: 120, quick: 30 };
const REQUESTS = { whole: 100, quick: 30 };
/** What a publisher may wait for while heads take a second: one that waited for a head would wait for twice as long. */
const MAX_ANSWER_MS = 500;
/** What the heads were fed late has been delivered. */
const SETTLING_MS = 5000;

/** A hub that feeds nobody, in the same process. */
const LONELY_HUB = '/v1/sys/events/publish/other/event';

export async function* regions(context: Context, side: Side): AsyncGenerator<Row> {
  const size = context.quick ? 'quick' : 'whole';
  const stage = await Stage.open(context, side);
  const { server } = stage;
  const heads = async (what: 'all' | 'nothing' | 'late') => {
    await fetch(`http://127.0.0.1:${server.port}/heads?do=${what}`, { method: 'POST' });
  };
  const shards = NINE_REGIONS.length * SHARDS_OF_A_REGION;
  try {
    context.progress(`shards/250: opening ${NINE_REGIONS.length * TOKENS_OF_A_REGION} sockets`);
    // A hub that has nothing gets no shards.
    await stage.run({ pace: { inFlight: 1, requests: 1 } });
    await giveShards(server, NINE_REGIONS, SHARDS_OF_A_REGION);
    const sets = await socketSetsIn(server, {
      regions: NINE_REGIONS,
      tokens: TOKENS_OF_A_REGION,
      socketsOfAToken: 1,
      classes: EVERYBODY.slice(0, 1),
    });
    const audience = await stage.seatSets(sets);
    const pace = { pace: { inFlight: 1, requests: REQUESTS[size] }, alone: true };
    const quiet = { ...pace, audience: 'nobody' } as const;
    const lonely = {
      name: 'no region',
      slice: () => stage.run({ ...quiet, path: LONELY_HUB }),
    };
    const measured = async (contestant: Contestant) => {
      for (const { slice } of [contestant, lonely]) await slice();
      return interleave([contestant, lonely], {
        rounds: PAIRS[size],
        maxSeconds: MAX_SECONDS[size],
        progress: (text) => context.progress(`shards/250: ${text}`),
      });
    };
    const busy = await measured({
      name: `${shards} shards`,
      slice: () => stage.run({ ...pace, audience }),
    });
    yield* publisher(stage, heads, size);
    // Last: heads that do nothing lose what they are fed.
    await heads('nothing');
    const idle = await measured({ name: 'idle heads', slice: () => stage.run(quiet) });
    const cpu = (rounds: Rounds, name: string) => cpuOf(rounds, name, ({ events }) => events);
    const ofRegions = cpu(idle, 'idle heads') - cpu(idle, lonely.name);
    const ofShards = cpu(busy, `${shards} shards`) - cpu(busy, lonely.name) - ofRegions;
    yield {
      name: 'shards/250-cpu',
      load: `an event to ${NINE_REGIONS.length} heads that do nothing, CPU beyond that of a hub without regions`,
      value: { median: ofRegions, min: ofRegions, max: ofRegions },
      unit: 'µs of CPU',
      measurements: idle.slices.get('idle heads')?.length ?? 0,
      dropped: busy.dropped + idle.dropped,
      details: [
        ...[busy, idle].flatMap((rounds) => detailsOf(rounds, 'an event', ({ events }) => events)),
        `${number(ofShards)} µs of the heads, ${shards} shards and ${sets.length} deliveries`,
      ],
      faults: [...faultsOf(busy), ...faultsOf(idle)],
      constants: {
        regionMicroseconds: ofRegions / NINE_REGIONS.length,
        shardMicroseconds: ofShards / shards,
      },
    };
  } finally {
    await stage.stop();
  }
}

/** How long a publisher waits while each head takes a second for a page. */
async function* publisher(
  stage: Stage,
  heads: (what: 'all' | 'late') => Promise<void>,
  size: 'whole' | 'quick',
): AsyncGenerator<Row> {
  await heads('late');
  const slice = await stage.run({
    pace: { inFlight: 1, requests: REQUESTS[size] },
    audience: 'nobody',
  });
  await heads('all');
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  const { p50, p99 } = slice.latency;
  yield {
    name: 'shards/250-publisher',
    load: 'the answer to a publisher while each region takes a second, p99',
    value: spread([p99]),
    unit: 'ms',
    target: { atMost: MAX_ANSWER_MS },
    measurements: 1,
    dropped: 0,
    details: [`p50 ${number(p50)} ms`],
    faults: faultsOf({ slices: new Map([[stage.name, [slice]]]), dropped: 0 }),
  };
}
