/** What does the platform charge for an event and for a handshake: how many calls and rows, how many bytes? */
import { buildBundle } from '../../src/cli/dev/bundle.ts';
import { EVERYBODY, FRAME_BYTES, setOf, socketSets, tokenFor } from '../contestants/carillon.ts';
import { retaining } from '../contestants/journal.ts';
import { type Pace, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import type { SocketSet } from '../load/protocol.ts';
import type { Counts } from '../measure/counts.ts';
import { number } from '../measure/digits.ts';
import { faultsOf, type Row } from '../measure/row.ts';

const ENTRY = 'bench/contestants/counting.ts';
const BATCH = 500;
const BATCHES = 20;
/** Of a journal that lets go of an event for each that comes. */
const FEW_EVENTS = 1000;
/** More than it retains, so that those that are counted meet only their like. */
const SINGLES = 1200;
const CONNECTIONS = 32;
const LONE_REQUESTS = 200;
const BUSY_REQUESTS = 3000;
const HANDSHAKES = 200;
/** What is done behind the answers is over when nothing was counted for so long. */
const RESTING_MS = 400;
const MAX_LOOKS = 100;

const IN_BATCHES: Pace = { pace: { inFlight: 1, requests: BATCHES }, batch: BATCH, alone: true };
const ALONE: Pace = { pace: { inFlight: 1, requests: SINGLES }, alone: true };
const BUSY: Pace = { pace: { inFlight: CONNECTIONS, requests: BUSY_REQUESTS } };

export async function* counted(context: Context): AsyncGenerator<Row> {
  const built = await buildBundle({ entry: ENTRY });
  if (!built.ok) throw new Error(built.failure.message);
  const bundle = built.value;
  const keeping = { name: 'counting', kind: 'carillon', bundle } as const;
  const trimming = {
    name: 'trimming',
    kind: 'carillon',
    bundle: retaining(bundle, FEW_EVENTS),
  } as const;
  yield* calls(await Stage.open(context, keeping));
  yield* rows(context, await Stage.open(context, trimming), 'nobody');
  yield* rows(context, await Stage.open(context, trimming), 'wildcard');
}

async function* calls(stage: Stage): AsyncGenerator<Row> {
  try {
    await stage.run({ pace: { inFlight: 1, requests: 5 } });
    const alone = await countsOf(stage, { pace: { inFlight: 1, requests: LONE_REQUESTS } });
    await stage.run({ pace: { inFlight: CONNECTIONS, requests: 200 } });
    const busy = await countsOf(stage, BUSY);
    const sizeBefore = (await ask(stage, 'size')) as number;
    await stage.run(IN_BATCHES);
    const size = ((await ask(stage, 'size')) as number) - sizeBefore;

    // Each with a token of its own, in a class that is there.
    const handshakes: SocketSet[] = [];
    for (let i = 0; i <= HANDSHAKES; i++) {
      handshakes.push(...(await socketSets(stage.server, EVERYBODY.slice(0, 1), 1, 'stock')));
    }
    await stage.seatSets(handshakes.splice(0, 1));
    const before = await atRest(stage);
    await stage.seatSets(handshakes);
    const after = await atRest(stage);

    const constants = {
      frameBytes: FRAME_BYTES,
      eventCalls: alone.calls / LONE_REQUESTS,
      busyEventCalls: busy.calls / BUSY_REQUESTS,
      journalBytes: size / (BATCHES * BATCH),
      handshakeCalls: (after.calls - before.calls) / HANDSHAKES,
      handshakeRows: (after.rows - before.rows) / HANDSHAKES,
    };
    yield {
      ...row('calls', 'a request that publishes', constants.eventCalls, 'calls to objects'),
      target: { atMost: 1.01 },
      constants,
      details: [
        `${alone.rows / LONE_REQUESTS} rows when its event is kept`,
        `${Math.round(constants.journalBytes)} bytes of the journal for an event in a batch, for a frame of ${FRAME_BYTES}`,
      ],
      faults: [...alone.faults, ...busy.faults],
    };
    yield {
      ...row(
        'calls-32',
        `a request that publishes, ${CONNECTIONS} connections`,
        constants.busyEventCalls,
        'calls to objects',
      ),
      faults: busy.faults,
    };
    yield {
      ...row('handshake', 'a subscriber that comes', constants.handshakeCalls, 'calls to objects'),
      details: [`${constants.handshakeRows} rows`],
    };
  } finally {
    await stage.stop();
  }
}

/** Rows of events until they are gone, with nobody to hear them or with one subscriber of everything. */
async function* rows(
  context: Context,
  stage: Stage,
  listening: 'nobody' | 'wildcard',
): AsyncGenerator<Row> {
  try {
    const isGathered = listening === 'wildcard';
    const audience = isGathered ? await seatWildcard(stage) : 'nobody';
    const steady = async (pace: Pace, events: number) => {
      context.progress(`counted: ${listening}, ${events} events`);
      await stage.run({ ...pace, audience });
      const { rows, faults } = await countsOf(stage, { ...pace, audience });
      return { perEvent: rows / events, faults };
    };
    const batches = await steady(IN_BATCHES, BATCHES * BATCH);
    const alone = await steady(ALONE, SINGLES);
    const busy = isGathered ? undefined : await steady(BUSY, BUSY_REQUESTS);
    const [name, beside] = isGathered
      ? ['rows-wildcard', ', and one wildcard subscriber']
      : ['rows', ''];
    yield {
      ...row(name, `an event until it is gone, alone${beside}`, alone.perEvent, 'rows'),
      target: { atMost: isGathered ? 2.2 : 1.05 },
      ...(busy && {
        constants: { eventRows: alone.perEvent, busyEventRows: busy.perEvent },
        details: [`${number(busy.perEvent)} of one event a request, ${CONNECTIONS} connections`],
      }),
      faults: [...alone.faults, ...(busy?.faults ?? [])],
    };
    yield {
      ...row(
        `${name}-batch`,
        `the same in batches of ${BATCH}${beside}`,
        batches.perEvent,
        'rows an event',
      ),
      target: { atMost: isGathered ? 0.05 : 0.02 },
      ...(!isGathered && { constants: { batchedEventRows: batches.perEvent } }),
      faults: batches.faults,
    };
  } finally {
    await stage.stop();
  }
}

async function seatWildcard(stage: Stage): Promise<number> {
  const everything = {
    pattern: '*',
    policy: `path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
    filter: '',
    json: true,
    expects: true,
  };
  const token = await tokenFor(stage.server, everything.policy);
  const audience = await stage.seatSets([setOf(everything, token, 1, 'stock')]);
  // The hub is told of it.
  await stage.run({ pace: { inFlight: 1, requests: 5 }, alone: true, audience });
  return audience;
}

function row(name: string, load: string, value: number, unit: string): Row {
  return {
    name: `counted/${name}`,
    load,
    value: { median: value, min: value, max: value },
    unit,
    measurements: 1,
    dropped: 0,
    details: [],
    faults: [],
  };
}

async function countsOf(stage: Stage, pace: Pace): Promise<Counts & Pick<Row, 'faults'>> {
  const before = await atRest(stage);
  const slice = await stage.run(pace);
  const after = await atRest(stage);
  return {
    calls: after.calls - before.calls,
    rows: after.rows - before.rows,
    faults: faultsOf({ slices: new Map([[stage.name, [slice]]]), dropped: 0 }),
  };
}

async function atRest(stage: Stage): Promise<Counts> {
  let before = (await ask(stage, 'counts')) as Counts;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    await new Promise((resolve) => setTimeout(resolve, RESTING_MS));
    const after = (await ask(stage, 'counts')) as Counts;
    if (after.calls === before.calls && after.rows === before.rows) return after;
    before = after;
  }
  throw new Error(`${stage.name} goes on writing rows or calling objects with nothing to do`);
}

async function ask({ server }: Stage, what: 'counts' | 'size'): Promise<unknown> {
  return (await fetch(`http://127.0.0.1:${server.port}/${what}`)).json();
}
