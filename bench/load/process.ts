/** The load process: publishes and listens, apart from whoever measures and from what is measured. */

import { quantile } from '../measure/statistics.ts';
import { Audience } from './audience.ts';
import type { LoadMethods, Replay, Run, RunResult } from './protocol.ts';
import { PATIENCE_MS, publish } from './publisher.ts';

const audiences: (Audience | undefined)[] = [];

const methods: LoadMethods = {
  open: async (audience) => audiences.push(await Audience.open(audience)) - 1,
  leave: async (index) => {
    await audienceAt(index).close();
    audiences[index] = undefined;
  },
  pause: async (index, paused) => audienceAt(index).pause(paused),
  run,
  replay,
  strayed: async (index) => {
    const { deliveries } = audienceAt(index);
    return deliveries === 0
      ? []
      : [`${deliveries} deliveries went to subscribers who were due none`];
  },
};

async function run(asked: Run): Promise<RunResult> {
  const audience = asked.audience === 'nobody' ? undefined : audienceAt(asked.audience);
  audience?.begin();
  const before = process.cpuUsage();
  const begin = performance.now();
  const { requests, failed, failure, latencies } = await publish(asked, audience);
  const end = audience === undefined ? performance.now() : Math.max(audience.lastAt, begin);
  const { user, system } = process.cpuUsage(before);
  const events = (requests - failed) * asked.batch;
  const sorted = audience?.latencies() ?? Float64Array.from(latencies).sort();
  const seconds = (end - begin) / 1000;
  return {
    requests,
    events,
    deliveries: audience?.deliveries ?? 0,
    expected: events * (audience?.expecting ?? 0),
    wrong: audience?.wrong ?? 0,
    failed,
    failure,
    seconds,
    latency: {
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      max: quantile(sorted, 1),
    },
    clientCores: (user + system) / 1e6 / seconds,
  };
}

async function replay({ port, set, events }: Replay): Promise<RunResult> {
  const order = Array.from({ length: events }, (_, index) => index);
  const expected = events * set.count;
  const before = process.cpuUsage();
  const begin = performance.now();
  const audience = await Audience.open({ port, sets: [set] }, order);
  await audience.until(expected, PATIENCE_MS);
  const seconds = (audience.lastAt - begin) / 1000;
  const { user, system } = process.cpuUsage(before);
  const { deliveries, wrong } = audience;
  await audience.close();
  return {
    requests: set.count,
    events,
    deliveries,
    expected,
    wrong,
    failed: 0,
    failure: undefined,
    seconds,
    latency: { p50: Number.NaN, p99: Number.NaN, max: Number.NaN },
    clientCores: (user + system) / 1e6 / seconds,
  };
}

function audienceAt(index: number): Audience {
  const audience = audiences[index];
  if (audience === undefined) throw new Error(`there is no audience ${index}`);
  return audience;
}

interface Call {
  readonly id: number;
  readonly method: keyof LoadMethods;
  readonly parameters: readonly never[];
}

process.on('message', ({ id, method, parameters }: Call) => {
  const call = methods[method] as (...parameters: readonly never[]) => Promise<unknown>;
  call(...parameters).then(
    (value) => process.send?.({ id, value }),
    (error) => process.send?.({ id, error: String(error?.stack ?? error) }),
  );
});
process.once('disconnect', () => process.exit());
