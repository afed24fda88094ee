/** What does the platform charge for an event and for a handshake: how many calls and rows, how many bytes? */
import { buildBundle } from '../../src/cli/dev/bundle.ts';
import { LOOKUP_CACHE_MS } from '../../src/objects/limits.ts';
import { EVERYBODY, FRAME_BYTES, socketSets } from '../contestants/carillon.ts';
import { CountedStage } from '../contestants/counted-stage.ts';
import type { Context } from '../context.ts';
import type { SocketSet } from '../load/protocol.ts';
import { countedRow } from '../measure/counts.ts';
import { number } from '../measure/digits.ts';
import type { Row } from '../measure/row.ts';
import { countedRows } from './counted-rows.ts';

const ENTRY = 'bench/contestants/counting.ts';
const BATCH = 500;
const BATCHES = 20;
const CONNECTIONS = 32;
const LONE_REQUESTS = 200;
const BUSY_REQUESTS = 3000;
/** Each waits until its Worker has nothing cached. */
const COLD_REQUESTS = 3;
const HANDSHAKES = 100;

export async function* counted(context: Context): AsyncGenerator<Row> {
  const built = await buildBundle({ entry: ENTRY });
  if (!built.ok) throw new Error(built.failure.message);
  const stage = await CountedStage.open(context, built.value);
  try {
    yield* publishes(stage);
    yield* cold(stage);
    yield* handshakes(stage);
  } finally {
    await stage.stop();
  }
  yield* countedRows(context, built.value);
}

async function* publishes(stage: CountedStage): AsyncGenerator<Row> {
  await stage.run({ pace: { inFlight: 1, requests: 5 } });
  const alone = await stage.run({ pace: { inFlight: 1, requests: LONE_REQUESTS } });
  await stage.run({ pace: { inFlight: CONNECTIONS, requests: 200 } });
  const busy = await stage.run({ pace: { inFlight: CONNECTIONS, requests: BUSY_REQUESTS } });
  const sizeBefore = await stage.size();
  const batches = { pace: { inFlight: 1, requests: BATCHES }, batch: BATCH, alone: true };
  const { faults } = await stage.run(batches);
  const constants = {
    frameBytes: FRAME_BYTES,
    eventCalls: alone.calls / LONE_REQUESTS,
    journalBytes: ((await stage.size()) - sizeBefore) / (BATCHES * BATCH),
    logLineBytes: alone.logBytes / LONE_REQUESTS,
  };
  yield {
    ...countedRow(
      'counted/calls',
      'a request that publishes',
      constants.eventCalls,
      'calls to objects',
    ),
    target: { atMost: 1.01 },
    constants,
    details: [
      `${number(alone.rows / LONE_REQUESTS)} rows when its event is kept`,
      `${Math.round(constants.journalBytes)} bytes of the journal for an event in a batch, for a frame of ${FRAME_BYTES}`,
      `${Math.round(constants.logLineBytes)} bytes of its line if REQUEST_LOG is on`,
    ],
    faults: [...alone.faults, ...faults],
  };
  const busyEventCalls = busy.calls / BUSY_REQUESTS;
  yield {
    ...countedRow(
      'counted/calls-32',
      `a request that publishes, ${CONNECTIONS} connections`,
      busyEventCalls,
      'calls to objects',
    ),
    constants: { busyEventCalls },
    faults: busy.faults,
  };
}

/** What a request costs whose Worker has not served this token for a while, as in a place with few publishers. */
async function* cold(stage: CountedStage): AsyncGenerator<Row> {
  let calls = 0;
  const faults: string[] = [];
  for (let i = 0; i < COLD_REQUESTS; i++) {
    await new Promise((resolve) => setTimeout(resolve, LOOKUP_CACHE_MS));
    const run = await stage.run({ pace: { inFlight: 1, requests: 1 } });
    calls += run.calls;
    faults.push(...run.faults);
  }
  const coldEventCalls = calls / COLD_REQUESTS;
  yield {
    ...countedRow(
      'counted/calls-cold',
      'a request that publishes, the caches of its Worker are cold',
      coldEventCalls,
      'calls to objects',
    ),
    target: { atMost: 2 },
    constants: { coldEventCalls },
    faults,
  };
}

/** Of subscribers with a token of their own each, in a class that is there. */
async function* handshakes(stage: CountedStage): AsyncGenerator<Row> {
  const sets: SocketSet[] = [];
  for (let i = 0; i <= HANDSHAKES; i++) {
    sets.push(...(await socketSets(stage.server, EVERYBODY.slice(0, 1), 1, 'stock')));
  }
  await stage.seat(sets.splice(0, 1));
  const before = await stage.atRest();
  await stage.seat(sets);
  const after = await stage.atRest();
  const constants = {
    handshakeCalls: (after.calls - before.calls) / HANDSHAKES,
    handshakeRows: (after.rows - before.rows) / HANDSHAKES,
  };
  yield {
    ...countedRow(
      'counted/handshake',
      'a subscriber that comes',
      constants.handshakeCalls,
      'calls to objects',
    ),
    constants,
    details: [`${number(constants.handshakeRows)} rows`],
  };
}
