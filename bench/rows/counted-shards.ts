/** How many calls and rows do an event and a handshake take if the hub has shards? */
import { type Bundle, buildBundle } from '../../src/cli/dev/bundle.ts';
import { EVERYBODY } from '../contestants/carillon.ts';
import { CountedStage } from '../contestants/counted-stage.ts';
import { retaining } from '../contestants/journal.ts';
import {
  giveShards,
  NINE_REGIONS,
  SHARDING,
  socketSetsIn,
  THREE_REGIONS,
} from '../contestants/shards.ts';
import type { Pace } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { countedRow } from '../measure/counts.ts';
import { number } from '../measure/digits.ts';
import type { Row } from '../measure/row.ts';
import { SHARDS_OF_A_REGION, TOKENS_OF_A_REGION } from './regions.ts';

const ENTRY = 'bench/contestants/counting.ts';
/** The journal lets go of an event for each that comes, a sixteenth of it at once. */
const RETAINED = { whole: 10_000, quick: 1600 };
const TRIMMED_AT_ONCE = 1 / 16;
const LONE_SEGMENT = 45;
/** Ten shards in each of three regions, and enough tokens that each has a socket. */
const SHARDS = 10;
const TOKENS = 100;
const FEW_EVENTS = 50;
const HANDSHAKES = 100;

const ONE_CLASS = EVERYBODY.slice(0, 1);

export async function* countedShards(context: Context): AsyncGenerator<Row> {
  const built = await buildBundle({ entry: ENTRY });
  if (!built.ok) throw new Error(built.failure.message);
  yield* events(context, built.value);
  yield* manyShards(context, built.value);
  yield* handshakes(context, built.value);
}

async function* events(context: Context, bundle: Bundle): AsyncGenerator<Row> {
  const retained = RETAINED[context.quick ? 'quick' : 'whole'];
  const requests = 2 * retained * TRIMMED_AT_ONCE;
  const full = Math.ceil((retained + requests) / LONE_SEGMENT);
  const stage = await CountedStage.open(context, retaining(bundle, retained), SHARDING);
  try {
    const audience = await seatIn(stage, THREE_REGIONS, SHARDS, TOKENS);
    const one: Pace = { pace: { inFlight: 1, requests: full }, alone: true, audience };
    await stage.run({ ...one, batch: LONE_SEGMENT });
    const run = await stage.run({ ...one, pace: { inFlight: 1, requests } });
    const { callsOf, rowsOf, faults } = run;
    const shardedEventCalls = run.calls / requests;
    const hubRows = rowsOf.Hub / requests;
    const regionRows = rowsOf.RegionHead / callsOf.Hub;
    const where = `${THREE_REGIONS.length} heads and ${THREE_REGIONS.length * SHARDS} shards`;
    yield {
      ...countedRow('shards/calls', `an event to ${where}`, shardedEventCalls, 'calls to objects'),
      // A look-up of the publisher's token now and then, as without shards.
      target: { atMost: 1.01 + THREE_REGIONS.length * (1 + SHARDS) },
      constants: { shardedEventCalls },
      details: [
        `${number(callsOf.Worker / requests)} of the Worker, ${number(callsOf.Hub / requests)} of the hub, ${number(callsOf.RegionHead / requests)} of the heads, ${number(callsOf.Shard / requests)} of the shards`,
      ],
      faults,
    };
    yield {
      ...countedRow(
        'shards/rows',
        `an event until it is gone, ${where}: of the hub`,
        hubRows,
        'rows',
      ),
      target: { atMost: 1.2 },
      constants: { shardedEventRows: hubRows, regionRows },
      details: [
        `${number(regionRows)} of a region head for what it is fed in one call; ${number(rowsOf.Shard / requests)} of all shards for an event`,
      ],
      // A row for each page is what a head may write.
      faults: [
        ...faults,
        ...(regionRows > 1.01 ? [`a head writes ${number(regionRows)} rows a page`] : []),
      ],
    };
  } finally {
    await stage.stop();
  }
}

async function* manyShards(context: Context, bundle: Bundle): AsyncGenerator<Row> {
  const stage = await CountedStage.open(context, bundle, SHARDING);
  try {
    const audience = await seatIn(stage, NINE_REGIONS, SHARDS_OF_A_REGION, TOKENS_OF_A_REGION);
    const pace: Pace = { pace: { inFlight: 1, requests: FEW_EVENTS }, alone: true };
    await stage.run({ ...pace, audience });
    const { callsOf, faults } = await stage.run({ ...pace, audience });
    yield {
      ...countedRow(
        'shards/250',
        `an event to ${NINE_REGIONS.length} regions with ${NINE_REGIONS.length * SHARDS_OF_A_REGION} shards: of the hub`,
        callsOf.Hub / FEW_EVENTS,
        'calls to objects',
      ),
      target: { atMost: NINE_REGIONS.length },
      details: [`${number(callsOf.RegionHead / FEW_EVENTS)} of the heads`],
      faults,
    };
  } finally {
    await stage.stop();
  }
}

/** Of stock subscribers with a token of their own each, at a hub, at a region head and at shards. */
async function* handshakes(context: Context, bundle: Bundle): AsyncGenerator<Row> {
  const stage = await CountedStage.open(context, bundle, SHARDING);
  try {
    await stage.run({ pace: { inFlight: 1, requests: 1 } });
    await giveShards(stage.server, ['weur'], 1);
    await giveShards(stage.server, ['oc'], SHARDS);
    const counts = {
      hub: await costOfHandshakes(stage, 'any'),
      head: await costOfHandshakes(stage, 'weur'),
      shard: await costOfHandshakes(stage, 'oc'),
    };
    yield {
      ...countedRow(
        'shards/handshake',
        `a subscriber that comes to one of ${SHARDS} shards`,
        counts.shard.calls,
        'calls to objects',
      ),
      constants: {
        headHandshakeCalls: counts.head.calls,
        headHandshakeRows: counts.head.rows,
        shardHandshakeCalls: counts.shard.calls,
        shardHandshakeRows: counts.shard.rows,
      },
      details: Object.entries(counts).map(
        ([where, { calls, rows }]) =>
          `at a ${where}: ${number(calls)} calls to objects, ${number(rows)} rows`,
      ),
    };
  } finally {
    await stage.stop();
  }
}

async function costOfHandshakes(
  stage: CountedStage,
  region: 'any' | 'weur' | 'oc',
): Promise<{ readonly calls: number; readonly rows: number }> {
  const crowd = { regions: [region], socketsOfAToken: 1, classes: ONE_CLASS } as const;
  // Those who come first make the class, and the objects.
  await stage.seat(await socketSetsIn(stage.server, { ...crowd, tokens: TOKENS }));
  const sets = await socketSetsIn(stage.server, { ...crowd, tokens: HANDSHAKES });
  const before = await stage.atRest();
  await stage.seat(sets);
  const after = await stage.atRest();
  return {
    calls: (after.calls - before.calls) / HANDSHAKES,
    rows: (after.rows - before.rows) / HANDSHAKES,
  };
}

async function seatIn(
  stage: CountedStage,
  regions: typeof NINE_REGIONS,
  shards: number,
  tokens: number,
): Promise<number> {
  // A hub that has nothing gets no shards.
  await stage.run({ pace: { inFlight: 1, requests: 1 } });
  await giveShards(stage.server, regions, shards);
  const crowd = { regions, tokens, socketsOfAToken: 1, classes: ONE_CLASS };
  return stage.seat(await socketSetsIn(stage.server, crowd));
}
