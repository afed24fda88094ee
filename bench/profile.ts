/**
 * Where does the CPU of a publish go? Starts Carillon in workerd, publishes, and prints the functions and the files in which
 * the sampling profiler found the thread of its Worker and objects, for one event. The profiler makes all of it slower.
 *
 * Usage: node bench/profile.ts [single|ndjson|frames] [<requests>]
 */
import { carillonBundle } from './contestants/bundles.ts';
import {
  EVENT_TYPE,
  eventTemplate,
  publisherToken,
  returnedFrameTemplate,
} from './contestants/carillon.ts';
import { freePort } from './contestants/free-port.ts';
import { startWorkerd } from './contestants/server.ts';
import { Load } from './load/load.ts';
import { cpuMicroseconds } from './measure/accounting.ts';
import { number } from './measure/digits.ts';
import { profileOf } from './measure/inspector.ts';
import { selfTimes, showTimes } from './measure/self-times.ts';

const LOADS = {
  single: { batch: 1, inFlight: 8, requests: 8000, template: eventTemplate() },
  ndjson: { batch: 500, inFlight: 1, requests: 200, template: eventTemplate() },
  frames: { batch: 500, inFlight: 1, requests: 200, template: returnedFrameTemplate() },
};
const SAMPLING_MICROSECONDS = 100;

const [name = 'single', count] = process.argv.slice(2);
if (!Object.hasOwn(LOADS, name)) {
  console.error(`usage: node bench/profile.ts [${Object.keys(LOADS).join('|')}] [<requests>]`);
  process.exit(2);
}
const { batch, inFlight, template, ...load } = LOADS[name as keyof typeof LOADS];
const requests = Number(count ?? load.requests);

const bundle = await carillonBundle();
const inspector = await freePort();
const server = await startWorkerd(bundle, {
  options: [`--inspector-addr=127.0.0.1:${inspector}`],
});
const loader = new Load();
try {
  const token = await publisherToken(server);
  const publish = (requests: number) =>
    loader.run({
      port: server.port,
      path: `/v1/sys/events/publish/${EVENT_TYPE}`,
      headers: {
        'Content-Type': batch > 1 ? 'application/x-ndjson' : 'application/json',
        'X-Vault-Token': token,
      },
      template,
      batch,
      audience: 'nobody',
      pace: { inFlight, requests },
      alone: false,
    });
  await publish(requests);
  const before = cpuMicroseconds(server.pid);
  const { events, failure } = await publish(requests);
  if (failure !== undefined) throw new Error(failure);
  const cpu = cpuMicroseconds(server.pid) - before;
  const profile = await profileOf(inspector, SAMPLING_MICROSECONDS, async () => {
    await publish(requests);
  });
  const times = selfTimes(profile, bundle.code);
  console.log(`${name}: ${number(cpu / events)} µs of CPU an event, without the profiler\n`);
  showTimes(times, events);
} finally {
  loader.stop();
  await server.stop();
}
