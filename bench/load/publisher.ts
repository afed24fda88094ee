/** Publishes the events of a run, so many at a time or so many a second. */
import type { Audience } from './audience.ts';
import { HttpSender } from './http-sender.ts';
import { NatsSender } from './nats-sender.ts';
import { MARK, type Run, stampOf } from './protocol.ts';

/** Silence after which what has not come is taken for lost. */
export const PATIENCE_MS = 20_000;
const OPEN_LOOP_CONNECTIONS = 256;
/** Where there is noise, one request in so many is an event. */
const ONE_EVENT_IN = 10;

export interface Published {
  readonly requests: number;
  readonly failed: number;
  readonly failure: string | undefined;
  /** From the request to its answer, milliseconds. */
  readonly latencies: number[];
}

export async function publish(run: Run, audience: Audience | undefined): Promise<Published> {
  const { pace } = run;
  const isClosed = 'inFlight' in pace;
  const sender =
    run.nats === undefined
      ? new HttpSender(run, isClosed ? pace.inFlight : OPEN_LOOP_CONNECTIONS)
      : new NatsSender(run.port, run.nats);
  const latencies: number[] = [];
  let requests = 0;
  let failed = 0;
  let failure: string | undefined;
  const expecting = audience?.expecting ?? 0;

  const one = async (at: number) => {
    const first = requests * run.batch;
    requests++;
    const answer = await sender.send(bodyOf(run, first, at));
    latencies.push(performance.now() - at);
    if (answer === undefined) return;
    failed++;
    failure ??= answer;
  };

  if (isClosed) {
    const begin = performance.now();
    const goesOn = () =>
      requests < pace.requests &&
      (pace.seconds === undefined || performance.now() - begin < pace.seconds * 1000);
    const lane = async () => {
      while (goesOn()) {
        await one(performance.now());
        const due = (requests - failed) * run.batch * expecting;
        if (run.alone && (await audience?.until(due, PATIENCE_MS)) === false) return;
      }
    };
    await Promise.all(Array.from({ length: pace.inFlight }, lane));
  } else {
    const begin = performance.now();
    const sent: Promise<void>[] = [];
    for (let i = 0; i < pace.requests; i++) {
      // The stamp is when the event was due: a publisher that is held up does not hide what it costs.
      const due = begin + (i * 1000) / pace.perSecond;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      sent.push(one(due));
    }
    await Promise.all(sent);
  }
  await audience?.until((requests - failed) * run.batch * expecting, PATIENCE_MS);
  sender.end();
  return { requests, failed, failure, latencies };
}

function bodyOf(run: Run, first: number, at: number): string {
  const isNoise = run.noise !== undefined && first % ONE_EVENT_IN !== 0;
  const template = isNoise ? run.noise : run.template;
  return Array.from({ length: run.batch }, (_, index) =>
    template.replaceAll(MARK, stampOf(first + index, at * 1000)),
  ).join('\n');
}
