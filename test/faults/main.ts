/**
 * `npm run test:faults`: runs the server under load, kills it and breaks its connections, and proves that
 * nothing acknowledged was lost.
 *
 * Usage: npm run test:faults -- [--seed <n>] [--seconds <n>] [--kills <n>]
 *          [--every <seconds between other faults>] [--publishers <n>] [--subscribers <n>] [--rate <events a second>]
 *          [--shards] [--sabotage]
 *
 * With --shards, subscribers are in three regions, each hub has region heads and shards, and these fail, too. With --sabotage,
 * the only other faults are events that are lost on purpose: the run must find them, and fail.
 */
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '300' },
    kills: { type: 'string', default: '20' },
    every: { type: 'string', default: '1.5' },
    publishers: { type: 'string', default: '4' },
    subscribers: { type: 'string', default: '200' },
    rate: { type: 'string', default: '40' },
    shards: { type: 'boolean', default: false },
    sabotage: { type: 'boolean', default: false },
  },
});
const { shards: hasShards, sabotage: isSabotaged, ...numbers } = values;
const { seed, seconds, kills, every, publishers, subscribers, rate } = Object.fromEntries(
  Object.entries(numbers).map(([name, text]) => {
    const number = Number(text);
    if (!Number.isFinite(number) || number < 0) {
      console.error(`--${name} is ${JSON.stringify(text)}; it must be a number`);
      process.exit(1);
    }
    return [name, number];
  }),
) as Record<keyof typeof numbers, number>;

console.log(`seed ${seed}`);
const outcome = await run({
  seed,
  seconds,
  kills,
  every,
  publishers,
  subscribers,
  rate,
  hasShards: hasShards || isSabotaged,
  isSabotaged,
  say: (line) => console.log(line),
});
const { text, passed } = report(outcome);
console.log(text);
if (!passed) console.log(`seed ${seed}`);
process.exit(passed ? 0 : 1);
