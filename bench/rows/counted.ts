/** What does the platform charge for an event and for a handshake: how many calls and rows, how many bytes? */
import { buildBundle } from '../../src/cli/dev/bundle.ts';
import { EVERYBODY, FRAME_BYTES, socketSets } from '../contestants/carillon.ts';
import { Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import type { SocketSet } from '../load/protocol.ts';
import type { Counts } from '../measure/counts.ts';
import type { Row } from '../measure/row.ts';

const ENTRY = 'bench/contestants/counting.ts';
const EVENTS = 200;
const BATCH = 500;
/** Batches that a journal of few events has to let go of, and that one of many keeps. */
const BATCHES = 20;
const FEW_EVENTS = 1000;
const HANDSHAKES = 200;

export async function* counted(context: Context): AsyncGenerator<Row> {
  const built = await buildBundle({ entry: ENTRY });
  if (!built.ok) throw new Error(built.failure.message);
  const bundle = built.value;
  const small = {
    ...bundle,
    config: bundle.config.replace(
      /^JOURNAL_MAX_EVENTS = .*$/m,
      `JOURNAL_MAX_EVENTS = "${FEW_EVENTS}"`,
    ),
  };
  const keeping = await Stage.open(context, { name: 'counting', kind: 'carillon', bundle });
  const trimming = await Stage.open(context, { name: 'trimming', kind: 'carillon', bundle: small });
  const batches = { pace: { inFlight: 1, requests: BATCHES }, batch: BATCH };
  try {
    await keeping.run({ pace: { inFlight: 1, requests: 5 } });
    const published = await difference(keeping, () =>
      keeping.run({ pace: { inFlight: 1, requests: EVENTS } }),
    );
    const sizeBefore = (await ask(keeping, 'size')) as number;
    await keeping.run(batches);
    const size = ((await ask(keeping, 'size')) as number) - sizeBefore;

    // Each with a token of its own, in a class that is there.
    const handshakes: SocketSet[] = [];
    for (let i = 0; i <= HANDSHAKES; i++) {
      handshakes.push(...(await socketSets(keeping.server, EVERYBODY.slice(0, 1), 1, 'stock')));
    }
    await keeping.seatSets(handshakes.splice(0, 1));
    const accepted = await difference(keeping, () => keeping.seatSets(handshakes));

    await trimming.run(batches);
    const lived = await difference(trimming, () => trimming.run(batches));
    const constants = {
      frameBytes: FRAME_BYTES,
      eventCalls: published.calls / EVENTS,
      eventRows: lived.rows / (BATCHES * BATCH),
      journalBytes: size / (BATCHES * BATCH),
      handshakeCalls: accepted.calls / HANDSHAKES,
      handshakeRows: accepted.rows / HANDSHAKES,
    };
    const row = (name: string, load: string, value: number, unit: string): Row => ({
      name: `counted/${name}`,
      load,
      value: { median: value, min: value, max: value },
      unit,
      measurements: 1,
      dropped: 0,
      details: [],
      faults: [],
    });
    yield {
      ...row('calls', 'a request that publishes', constants.eventCalls, 'calls to objects'),
      target: { atMost: 1.01 },
      constants,
    };
    yield {
      ...row('rows', 'an event, until it has gone from the journal', constants.eventRows, 'rows'),
      target: { atMost: 3.01 },
      details: [
        `${published.rows / EVENTS} when it comes alone and is kept`,
        `${Math.round(constants.journalBytes)} bytes of the journal, for a frame of ${FRAME_BYTES}`,
      ],
    };
    yield {
      ...row('handshake', 'a subscriber that comes', constants.handshakeCalls, 'calls to objects'),
      details: [`${constants.handshakeRows} rows`],
    };
  } finally {
    await keeping.stop();
    await trimming.stop();
  }
}

async function difference(stage: Stage, work: () => Promise<unknown>): Promise<Counts> {
  const before = (await ask(stage, 'counts')) as Counts;
  await work();
  const after = (await ask(stage, 'counts')) as Counts;
  return { calls: after.calls - before.calls, rows: after.rows - before.rows };
}

async function ask({ server }: Stage, what: 'counts' | 'size'): Promise<unknown> {
  return (await fetch(`http://127.0.0.1:${server.port}/${what}`)).json();
}
