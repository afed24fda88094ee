/**
 * Ten of a thousand readers of carillon.v1 stop reading while two megabytes a second are published for them.
 * Does the server hold what they do not take, and do the others notice?
 */
import { EVERYBODY, eventTemplateAt } from '../contestants/carillon.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { memoryBytes } from '../measure/accounting.ts';
import { number } from '../measure/digits.ts';
import { faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';

const READERS = 990;
const STALLING = 10;
/** Out of reach of the others' policies. */
const HEAVY_PATH = 'heavy/item';
/** 3,400 events of 588 bytes. */
const HEAVY = { perSecond: 10, batch: 340 };
const LIGHT_PER_SECOND = 5;
const SECONDS = { whole: { before: 20, stalled: 60 }, quick: { before: 8, stalled: 15 } };
/** The kernel's buffers and the credit are used up by then. */
const FILLING_MS = 5000;
const SAMPLING_MS = 500;
const MEBIBYTE = 1024 * 1024;

/** What the stalled readers are due would be some 1,200 MB after a minute. */
const MAX_GROWTH_MB = 64;

export async function* stall(context: Context): AsyncGenerator<Row> {
  const seconds = SECONDS[context.quick ? 'quick' : 'whole'];
  const stage = await Stage.open(context, context.carillon);
  try {
    const readers = await stage.seat({
      sockets: READERS,
      classes: EVERYBODY,
      protocol: 'carillon.v1',
    });
    const stalling = await stage.seat({
      sockets: STALLING,
      classes: [
        {
          policy: `path "${HEAVY_PATH}" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
          filter: '',
          json: true,
          expects: true,
        },
      ],
      protocol: 'carillon.v1',
    });
    const both = async (duration: number): Promise<[light: Slice, heavy: Slice]> =>
      Promise.all([
        stage.run({
          pace: { perSecond: LIGHT_PER_SECOND, requests: LIGHT_PER_SECOND * duration },
          audience: readers,
        }),
        stage.run({
          pace: { perSecond: HEAVY.perSecond, requests: HEAVY.perSecond * duration },
          batch: HEAVY.batch,
          template: eventTemplateAt(HEAVY_PATH),
          audience: 'nobody',
        }),
      ]);

    context.progress('stall: everybody reads');
    await both(3);
    const before = await both(seconds.before);
    context.progress(`stall: ${STALLING} do not, for ${seconds.stalled} s`);
    await context.load.pause(stalling, true);
    const memory: number[] = [];
    const begin = performance.now();
    const sampling = setInterval(() => {
      if (performance.now() - begin > FILLING_MS) memory.push(memoryBytes(stage.server.pid));
    }, SAMPLING_MS);
    const during = await both(seconds.stalled);
    clearInterval(sampling);

    const faults = faultsOf({
      slices: new Map([
        ['the readers', [before[0], during[0]]],
        ['the publisher', [before[1], during[1]]],
      ]),
      dropped: 0,
    });
    const third = Math.floor(memory.length / 3);
    const growth =
      (spread(memory.slice(-third)).median - spread(memory.slice(0, third)).median) / MEBIBYTE;
    const p99 = during[0].latency.p99 / before[0].latency.p99;
    const common = { measurements: 1, dropped: 0, faults };
    yield {
      ...common,
      name: 'stall/memory',
      load: `${STALLING} of ${READERS + STALLING} carillon.v1 readers stall at 2 MB/s for ${seconds.stalled} s, growth of memory`,
      value: { median: growth, min: growth, max: growth },
      unit: 'MiB, from the first third to the last',
      target: { atMost: MAX_GROWTH_MB },
      details: [
        `from ${number(Math.min(...memory) / MEBIBYTE)} to ${number(Math.max(...memory) / MEBIBYTE)} MiB in all`,
      ],
    };
    yield {
      ...common,
      name: 'stall/others',
      load: `the others' p99 meanwhile`,
      value: { median: p99, min: p99, max: p99 },
      unit: '× before',
      target: { atMost: 1.1 },
      details: [
        `p50 ${number(before[0].latency.p50)} ms before, ${number(during[0].latency.p50)} ms meanwhile`,
        `p99 ${number(before[0].latency.p99)} ms before, ${number(during[0].latency.p99)} ms meanwhile`,
      ],
    };
  } finally {
    await stage.stop();
  }
}
