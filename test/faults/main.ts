/**
 * `npm run test:faults`: runs the server under load, kills it and breaks its connections, and proves that
 * nothing acknowledged was lost.
 *
 * Usage: npm run test:faults -- [--seed <n>] [--seconds <n>] [--kills <n>]
 *          [--every <seconds between other faults>] [--publishers <n>] [--subscribers <n>] [--rate <events a second>]
 *          [--shards] [--destinations] [--sabotage]
 *
 * With --shards, subscribers are in three regions, each hub has region heads and shards, and these fail, too. With --sabotage,
 * the only other faults are events that are lost on purpose: the run must find them, and fail.
 *
 * With --destinations, nobody subscribes: the server delivers to receivers, which fail, too. Then 10,000 events are published,
 * unless a rate is given.
 */
import { parseArgs } from 'node:util';
import { reportDestinations } from './destinations/report.ts';
import { runDestinations } from './destinations/run.ts';
import { report } from './report.ts';
import { run } from './run.ts';

/** What a run of destinations publishes, unless a rate is given. */
const EVENTS_TO_DESTINATIONS = 10_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '300' },
    kills: { type: 'string', default: '20' },
    every: { type: 'string', default: '1.5' },
    publishers: { type: 'string', default: '4' },
    subscribers: { type: 'string', default: '200' },
    rate: { type: 'string' },
    shards: { type: 'boolean', default: false },
    destinations: { type: 'boolean', default: false },
    sabotage: { type: 'boolean', default: false },
  },
});
const say = (line: string) => console.log(line);
const seconds = numberOf('seconds', values.seconds);
const defaultRate = values.destinations ? EVENTS_TO_DESTINATIONS / seconds : 40;
const options = {
  seed: numberOf('seed', values.seed),
  seconds,
  kills: numberOf('kills', values.kills),
  every: numberOf('every', values.every),
  publishers: numberOf('publishers', values.publishers),
  rate: values.rate === undefined ? defaultRate : numberOf('rate', values.rate),
  isSabotaged: values.sabotage,
  say,
};

say(`seed ${options.seed}`);
const { text, passed } = values.destinations
  ? reportDestinations(await runDestinations(options))
  : report(
      await run({
        ...options,
        subscribers: numberOf('subscribers', values.subscribers),
        hasShards: values.shards || values.sabotage,
      }),
    );
say(text);
if (!passed) say(`seed ${options.seed}`);
process.exit(passed ? 0 : 1);

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(`--${name} is ${JSON.stringify(text)}; it must be a number`);
  return process.exit(1);
}
