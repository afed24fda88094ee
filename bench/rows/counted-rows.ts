/**
 * How many rows does an event write until it is gone? Counted in a journal that lets go of an event for each that comes.
 * A segment has at most a sixteenth of the events that are retained, so a journal of fewer than 8,000 would store a batch
 * of 500 in several rows, which the journal of a deployment does not.
 */
import type { Bundle } from '../../src/cli/dev/bundle.ts';
import { setOf, tokenFor } from '../contestants/carillon.ts';
import { type CountedRun, CountedStage } from '../contestants/counted-stage.ts';
import { retaining } from '../contestants/journal.ts';
import type { Pace } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { countedRow } from '../measure/counts.ts';
import { number } from '../measure/digits.ts';
import type { Row } from '../measure/row.ts';

const RETAINED = 10_000;
/** It trims so many at once, so multiples of it are counted. */
const TRIMMED_AT_ONCE = RETAINED / 16;
const BATCH = 500;
/** Events of the segments that lone events end up in. */
const LONE_SEGMENT = 45;
const CONNECTIONS = 32;

const IN_BATCHES = counting(20 * TRIMMED_AT_ONCE, BATCH);
const ALONE = counting(2 * TRIMMED_AT_ONCE, 1);
const BUSY: Pace = { pace: { inFlight: CONNECTIONS, requests: 5 * TRIMMED_AT_ONCE } };
const FULL_OF_BATCHES = counting(RETAINED + 2 * TRIMMED_AT_ONCE, BATCH);
const FULL_OF_LONE_EVENTS = counting(RETAINED + 2 * TRIMMED_AT_ONCE, LONE_SEGMENT);

/** With nobody to hear the events, and with one subscriber of everything. */
export async function* countedRows(context: Context, bundle: Bundle): AsyncGenerator<Row> {
  const trimming = retaining(bundle, RETAINED);
  yield* withNobody(await CountedStage.open(context, trimming));
  yield* withWildcard(await CountedStage.open(context, trimming));
}

async function* withNobody(stage: CountedStage): AsyncGenerator<Row> {
  try {
    const { batches, alone } = await inBalance(stage, 'nobody');
    const busy = await stage.run(BUSY);
    const rows = rowsOf(batches, alone);
    const busyEventRows = busy.rows / BUSY.pace.requests;
    yield {
      ...countedRow('counted/rows', 'an event until it is gone, alone', rows.alone, 'rows'),
      target: { atMost: 1.05 },
      constants: { eventRows: rows.alone, busyEventRows },
      details: [`${number(busyEventRows)} of one event a request, ${CONNECTIONS} connections`],
      faults: [...alone.faults, ...busy.faults],
    };
    yield {
      ...countedRow(
        'counted/rows-batch',
        `the same in batches of ${BATCH}`,
        rows.batches,
        'rows an event',
      ),
      target: { atMost: 0.02 },
      constants: { batchedEventRows: rows.batches },
      faults: batches.faults,
    };
  } finally {
    await stage.stop();
  }
}

async function* withWildcard(stage: CountedStage): AsyncGenerator<Row> {
  try {
    const { batches, alone } = await inBalance(stage, await seatWildcard(stage));
    const rows = rowsOf(batches, alone);
    const calls = {
      alone: alone.calls / ALONE.pace.requests,
      batches: batches.calls / IN_BATCHES.pace.requests,
    };
    const also = 'and one wildcard subscriber';
    yield {
      ...countedRow(
        'counted/rows-wildcard',
        `an event until it is gone, alone, ${also}`,
        rows.alone,
        'rows',
      ),
      target: { atMost: 2.2 },
      constants: { wildcardEventRows: rows.alone, wildcardEventCalls: calls.alone },
      details: [`${number(calls.alone)} calls to objects for its request`],
      faults: alone.faults,
    };
    yield {
      ...countedRow(
        'counted/rows-wildcard-batch',
        `the same in batches of ${BATCH}, ${also}`,
        rows.batches,
        'rows an event',
      ),
      target: { atMost: 0.05 },
      constants: {
        wildcardBatchedEventRows: rows.batches,
        wildcardBatchCalls: calls.batches,
      },
      details: [`${number(calls.batches)} calls to objects for a request of ${BATCH}`],
      faults: batches.faults,
    };
  } finally {
    await stage.stop();
  }
}

/** Before it counts, it fills the journal with segments like those that are counted. */
async function inBalance(
  stage: CountedStage,
  audience: number | 'nobody',
): Promise<{ batches: CountedRun; alone: CountedRun }> {
  await stage.run({ ...FULL_OF_BATCHES, audience });
  const batches = await stage.run({ ...IN_BATCHES, audience });
  await stage.run({ ...FULL_OF_LONE_EVENTS, audience });
  const alone = await stage.run({ ...ALONE, audience });
  return { batches, alone };
}

function rowsOf(batches: CountedRun, alone: CountedRun): { alone: number; batches: number } {
  return {
    batches: batches.rows / (IN_BATCHES.pace.requests * BATCH),
    alone: alone.rows / ALONE.pace.requests,
  };
}

function counting(events: number, batch: number): Pace {
  return { pace: { inFlight: 1, requests: Math.ceil(events / batch) }, batch, alone: true };
}

async function seatWildcard(stage: CountedStage): Promise<number> {
  const everything = {
    pattern: '*',
    policy: `path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
    filter: '',
    json: true,
    expects: true,
  };
  const token = await tokenFor(stage.server, everything.policy);
  const audience = await stage.seat([setOf(everything, token, 1, 'stock')]);
  // The hub is told of it.
  await stage.run({ pace: { inFlight: 1, requests: 5 }, alone: true, audience });
  return audience;
}
