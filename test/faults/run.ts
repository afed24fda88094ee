/** A run: load, faults, and at the end the proof that nothing acknowledged was lost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './checker.ts';
import { type FaultKind, inflictAll, type Scene, schedule } from './faults.ts';
import { STREAM_LISTENINGS } from './forms.ts';
import type { PublishedEvent } from './history.ts';
import { Ledger } from './ledger.ts';
import type { Mismatch } from './mismatch.ts';
import { Monitor } from './monitor.ts';
import { NamelessSubscription } from './nameless-subscription.ts';
import { type Place, placeOf, placeOfMismatch } from './places.ts';
import { Population } from './population.ts';
import { prepare } from './prepare.ts';
import { TcpProxy } from './proxy.ts';
import { Publisher } from './publisher.ts';
import { Random } from './random.ts';
import { unexpectedRepeats } from './repeats.ts';
import { AUDIENCES } from './scenario.ts';
import { ServerUnderTest } from './server.ts';
import type { Subscription } from './subscription.ts';

export interface RunOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly kills: number;
  /** Seconds from one other fault to the next, on average. */
  readonly every: number;
  readonly publishers: number;
  readonly subscribers: number;
  /** Events a second, of all publishers together. */
  readonly rate: number;
  /** Whether subscribers are in several regions, which have heads and shards. */
  readonly hasShards: boolean;
  /** Whether events are lost on purpose, which the run must find. */
  readonly isSabotaged: boolean;
  readonly say: (line: string) => void;
}

export interface Reader {
  readonly name: string;
  readonly form: string;
  /** Those that the server accepted; with polls, each one. */
  readonly connections: number;
  /** Events. */
  readonly received: number;
  /** The same by the kind of object at which it sat. */
  readonly at: Readonly<Record<Place, { readonly connections: number; readonly received: number }>>;
}

export interface Outcome {
  readonly published: number;
  readonly acknowledged: number;
  /** Also those who left. */
  readonly readers: readonly Reader[];
  readonly repeated: number;
  readonly reconnects: number;
  readonly evictions: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Milliseconds. */
  readonly longest: ReadonlyMap<FaultKind, number>;
  readonly mismatches: readonly Mismatch[];
  readonly placeOf: (mismatch: Mismatch) => Place;
  /** Events that came again, and might. */
  readonly allowedRepeats: number;
  /** The names of those at which subscribers sat. */
  readonly objects: readonly string[];
  /** What should not have been answered. */
  readonly problems: readonly string[];
}

const TICK_MS = 1000;
const LOOK_MS = 50;
/** How often one subscriber leaves and another comes, on average. */
const EXCHANGE_MS = 1500;
/** At the end, everybody is waited for as long as something comes within this time. */
const SETTLE_MS = 30_000;
/** In which what should not come any more would come. */
const SILENCE_MS = 3000;

export async function run(options: RunOptions): Promise<Outcome> {
  const { say, seconds } = options;
  const data = mkdtempSync(join(tmpdir(), 'carillon-faults-'));
  const [subscriberProxy, publisherProxy] = [await TcpProxy.listen(), await TcpProxy.listen()];
  const server = await ServerUnderTest.start(data, options);
  const intervals: NodeJS.Timeout[] = [];
  let failed = true;
  try {
    subscriberProxy.target = publisherProxy.target = server.port;
    const random = new Random(options.seed);
    const tokens = await prepare(server.port, options.publishers);
    const ledger = new Ledger((event) => {
      for (const each of population.present) each.expect(event);
    });
    const population = new Population({
      port: subscriberProxy.port,
      tokens: tokens.subscribers,
      ledger,
      random: random.fork(),
      hasRegions: options.hasShards,
    });
    const monitor = new Monitor();
    const publishers = tokens.publishers.map((token, index) => {
      const rate = options.rate / options.publishers;
      const name = `p${index}`;
      const { port } = publisherProxy;
      return new Publisher({ name, token, port, ledger, random: random.fork(), rate });
    });
    const scene: Scene = {
      server,
      proxies: [subscriberProxy, publisherProxy],
      publishers,
      subscriptions: population.present,
      random: random.fork(),
      note: (kind) => monitor.note(kind, population.present),
      isIdle: false,
      evictions: 0,
    };

    population.settle(options.subscribers);
    intervals.push(setInterval(() => population.tick(), TICK_MS));
    intervals.push(setInterval(() => monitor.look(), LOOK_MS));
    const exchanges = random.fork();
    intervals.push(
      setInterval(() => {
        if (!scene.isIdle && exchanges.chance(LOOK_MS / EXCHANGE_MS)) population.exchange();
      }, LOOK_MS),
    );
    const publishing = Promise.all(publishers.map((publisher) => publisher.run()));
    const faults = schedule(random.fork(), {
      ...options,
      has: options.hasShards ? 'shards' : 'subscribers',
      milliseconds: seconds * 1000,
      everyMs: options.every * 1000,
    });
    await inflictAll(faults, seconds * 1000, scene, say);

    clearInterval(intervals.pop());
    for (const publisher of publishers) publisher.stop();
    await publishing;
    for (const each of population.present) if (each.isStalled) each.goOn();
    const stuck = await settled(population.present, monitor);

    // What is durable is what a server tells that was killed once more.
    monitor.note('killed', population.present);
    await server.kill(0);
    for (const [index, audience] of AUDIENCES.entries()) {
      population.join(audience, { form: 'stock json', access: 'token' }, 'earliest');
      population.join(audience, { form: 'carillon.v1.json', access: 'token' }, 'earliest');
      const stream = STREAM_LISTENINGS[index % STREAM_LISTENINGS.length];
      if (stream !== undefined) population.join(audience, stream, 'earliest');
    }
    for (const event of ledger.events) {
      if (event.acknowledged === undefined) continue;
      for (const each of population.present) each.expect(event);
    }
    stuck.push(...(await settled(population.present, monitor)));

    const { events } = ledger;
    const receptions = population.all.map(({ reception }) => reception);
    const beginnings = await server.beginnings();
    const mismatches = check({ events, receptions, beginnings });
    const repeats = population.all.flatMap((each) =>
      each instanceof NamelessSubscription ? each.repeats : [],
    );
    const problems = [
      ...stuck,
      ...[...publishers, ...population.all].flatMap(({ problems }) => problems),
      ...unexpectedRepeats(repeats, beginnings),
    ];
    const bySubscriber = new Map(population.all.map((each) => [each.reception.name, each]));
    const published = new Map(events.map((event) => [event.id, event]));
    failed = mismatches.length > 0 || problems.length > 0;
    if (failed) {
      const wronged = new Set(mismatches.map(({ subscriber }) => subscriber));
      const subscribers = population.all
        .filter(({ reception }) => wronged.has(reception.name))
        .map((each) => courseOf(each, published));
      const found = JSON.stringify({ mismatches, problems, subscribers }, null, 1);
      writeFileSync(join(data, 'mismatches.json'), found);
    }
    return {
      published: events.length,
      acknowledged: ledger.acknowledged,
      readers: population.all.map(readerOf),
      repeated: sum(publishers, ({ repeated }) => repeated),
      reconnects: sum(population.all, ({ reconnects }) => Math.max(0, reconnects)),
      evictions: scene.evictions,
      faults: monitor.counts,
      longest: monitor.longest,
      mismatches,
      placeOf: (mismatch) => {
        const subscriber = bySubscriber.get(mismatch.subscriber);
        return subscriber === undefined
          ? 'nowhere'
          : placeOfMismatch(mismatch, subscriber, published);
      },
      allowedRepeats: repeats.length + sum(receptions, ({ ids }) => ids.length - new Set(ids).size),
      objects: [
        ...new Set(population.all.flatMap(({ accepted }) => accepted.map(({ object }) => object))),
      ].sort(),
      problems,
    };
  } finally {
    for (const interval of intervals) clearInterval(interval);
    await server.stop();
    subscriberProxy.close();
    publisherProxy.close();
    if (failed) say(`what the server stored and logged, and all mismatches, stay in ${data}`);
    else rmSync(data, { recursive: true, force: true });
  }
}

function readerOf({ form, reception, accepted }: Subscription): Reader {
  const { name, ids, receipts } = reception;
  const at = (place: Place) => ({
    connections: accepted.filter((each) => placeOf(each) === place).length,
    received: receipts.filter(({ connection }) => placeOf(connection) === place).length,
  });
  return {
    name,
    form,
    connections: accepted.length,
    received: ids.length,
    at: { hub: at('hub'), head: at('head'), shard: at('shard'), nowhere: at('nowhere') },
  };
}

/** All that happened to a subscriber, for whoever looks for the cause. */
function courseOf(
  { reception, accepted }: Subscription,
  published: ReadonlyMap<string, PublishedEvent>,
): object {
  const { name, ids, receipts, start } = reception;
  const events = ids.map((id, index) => {
    const { sent, acknowledged } = published.get(id) ?? {};
    const { connection, at } = receipts[index] ?? {};
    return { id, sent, acknowledged, at, connection: connection && accepted.indexOf(connection) };
  });
  return { name, start, accepted, events };
}

/**
 * Waits until nobody is owed anything, or until that cannot be hoped for any more.
 *
 * @returns a sentence about each who waits in vain: what comes only to those who come back is late for ever
 */
async function settled(
  subscriptions: ReadonlySet<Subscription>,
  monitor: Monitor,
): Promise<string[]> {
  const waiting = () => [...subscriptions].filter((each) => !each.isOpen || each.owed.size > 0);
  let leastOwed = Infinity;
  let deadline = 0;
  do {
    const owed = sum([...subscriptions], (each) => each.owed.size);
    if (owed < leastOwed) deadline = performance.now() + SETTLE_MS;
    leastOwed = Math.min(owed, leastOwed);
    await sleep(LOOK_MS);
  } while (waiting().length > 0 && performance.now() < deadline);
  const stuck = waiting().map((each) => `${each.reception.name} ${each.state}`);
  await sleep(SILENCE_MS);
  monitor.look();
  return stuck;
}

function sum<T>(list: readonly T[], of: (each: T) => number): number {
  return list.reduce((total, each) => total + of(each), 0);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}
