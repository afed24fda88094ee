/**
 * What one event to very many subscribers costs, and how long it takes: in shards of nine regions, from what thirty shards of
 * three regions were measured to take. What is not measured here, because it is a network, is named in `ASSUMED`.
 */
import { REGIONS } from '../../src/config/region.ts';
import { parseSharding } from '../../src/config/sharding.ts';
import { RECONNECTS_PER_SECOND } from '../../src/hub/limits.ts';
import type { Constants } from '../constants.ts';
import { number } from '../measure/digits.ts';
import { dollars, table } from './markdown.ts';
import { ABLY, APPSYNC_EVENTS, CLOUDFLARE } from './prices.ts';

const MILLION = 1e6;

/** All places where objects can be. */
export const REGION_COUNT = REGIONS.filter((region) => region !== 'any').length;

/** The default of `SHARD_SOCKETS`. */
const SHARD_SOCKETS = defaultSocketsOfAShard();

/** Milliseconds on the network, one way. */
const ASSUMED = {
  /** From Frankfurt to Sydney: to the region that is furthest from the hub. */
  hubToHead: 140,
  headToShard: 5,
  shardToClient: 25,
} as const;

/** What `counted-shards.ts` counts the calls of: an event to a hub, three heads and thirty shards. */
const COUNTED_CALLS = 1 + 3 + 30;

/** The objects that serve so many subscribers of one event type, who are in all regions. */
interface Tree {
  readonly subscribers: number;
  /** Of all regions. */
  readonly shards: number;
  readonly shardsOfARegion: number;
  readonly socketsOfAShard: number;
}

export const TREES: readonly Tree[] = [MILLION, 10 * MILLION].map((subscribers) => {
  const shardsOfARegion = Math.ceil(subscribers / REGION_COUNT / SHARD_SOCKETS);
  const shards = shardsOfARegion * REGION_COUNT;
  return { subscribers, shards, shardsOfARegion, socketsOfAShard: subscribers / shards };
});

/** How events come. */
interface Way {
  readonly name: string;
  /** CPU of one delivery, microseconds. */
  readonly delivery: number;
  /** CPU of one event on its way in. */
  readonly event: number;
  /** Calls of the Worker to the hub. */
  readonly calls: number;
  readonly rows: number;
}

function waysOf(constants: Constants): readonly Way[] {
  return [
    {
      name: 'one event at a time',
      delivery: constants.shardedDeliveryMicroseconds,
      event: constants.eventMicroseconds,
      calls: constants.eventCalls,
      rows: constants.shardedEventRows,
    },
    {
      name: '16 to 32 requests in flight, each event fed alone',
      delivery: constants.busyShardedDeliveryMicroseconds,
      event: constants.busyEventMicroseconds,
      calls: constants.busyEventCalls,
      rows: constants.busyEventRows,
    },
  ];
}

/** Dollars for a million deliveries of events that come one at a time, by the number of subscribers. */
export function dollarsOfDeliveries(constants: Constants): readonly (readonly [number, number])[] {
  const [way] = waysOf(constants);
  if (way === undefined) throw new Error('events come in some way');
  return TREES.map((tree) => [tree.subscribers, costOf(tree, way, constants).bill.total]);
}

/** What one event does. */
function costOf(tree: Tree, way: Way, constants: Constants) {
  const replicaCalls = ((REGION_COUNT + tree.shards) * constants.shardedEventCalls) / COUNTED_CALLS;
  const calls = way.calls + replicaCalls;
  const rows = way.rows + REGION_COUNT * constants.regionRows;
  const cpu = tree.subscribers * way.delivery + way.event;
  const { ofHub, ofHeads } = waits(tree, way, constants);
  const gigabyteSeconds =
    CLOUDFLARE.objectGigabytes * (cpu / MILLION + (ofHub + REGION_COUNT * ofHeads) / 1000);
  const requests =
    CLOUDFLARE.workerRequests +
    (way.event / 1000) * CLOUDFLARE.workerCpuMilliseconds +
    calls * CLOUDFLARE.objectRequests;
  const bill = {
    requests: requests / MILLION,
    rows: (rows * CLOUDFLARE.rowsWritten) / MILLION,
    duration: (gigabyteSeconds * CLOUDFLARE.gigabyteSeconds) / MILLION,
  };
  const perMillion = MILLION / tree.subscribers;
  return {
    calls,
    rows,
    bill: {
      requests: bill.requests * perMillion,
      rows: bill.rows * perMillion,
      duration: bill.duration * perMillion,
      total: (bill.requests + bill.rows + bill.duration) * perMillion,
    },
  };
}

/** Milliseconds. */
interface Path {
  readonly hub: number;
  readonly head: number;
  readonly shard: number;
}

/** The CPU of each object on the way of an event, if each has a thread of its own. */
function cpuOn({ shardsOfARegion, socketsOfAShard }: Tree, way: Way, constants: Constants): Path {
  const { regionMicroseconds, shardMicroseconds } = constants;
  return {
    hub: (way.event + REGION_COUNT * regionMicroseconds) / 1000,
    head: (shardsOfARegion * shardMicroseconds) / 1000,
    shard: (socketsOfAShard * way.delivery) / 1000,
  };
}

/** For how long hub and heads wait for answers, and are charged for it, milliseconds. */
function waits(tree: Tree, way: Way, constants: Constants) {
  const { head, shard } = cpuOn(tree, way, constants);
  const ofHeads = 2 * ASSUMED.headToShard + shard;
  return { ofHub: 2 * ASSUMED.hubToHead + head + ofHeads, ofHeads };
}

export function shardsTable(constants: Constants): string {
  const { frameBytes } = constants;
  const operations = Math.ceil(frameBytes / APPSYNC_EVENTS.operationBytes);
  const rows = TREES.flatMap((tree) =>
    waysOf(constants).map((way, index) => {
      const { calls, rows, bill } = costOf(tree, way, constants);
      const deliveriesOfOthers = 1 + 1 / tree.subscribers;
      const others = [
        dollars(deliveriesOfOthers * operations * APPSYNC_EVENTS.operations),
        dollars(deliveriesOfOthers * ABLY.messages),
        'no list price',
      ];
      return [
        number(tree.subscribers),
        number(tree.shards),
        way.name,
        number(calls),
        number(rows),
        ...[bill.requests, bill.rows, bill.duration, bill.total].map(dollars),
        ...(index === 0 ? others : ['', '', '']),
      ];
    }),
  );
  return table(
    [
      'subscribers of an event',
      'shards',
      'how',
      'calls of an event',
      'rows of an event',
      'requests',
      'rows',
      'duration',
      '**Carillon**, a million deliveries',
      'AppSync Events',
      'Ably',
      'Pusher',
    ],
    rows,
  );
}

/** One event, to the last subscriber in the region that is furthest away. */
export function lastSubscriberTable(constants: Constants): string {
  const [way] = waysOf(constants);
  if (way === undefined) throw new Error('events come in some way');
  const network = ASSUMED.hubToHead + ASSUMED.headToShard + ASSUMED.shardToClient;
  const milliseconds = (value: number) => `${number(value)} ms`;
  const rows = TREES.map((tree) => {
    const { hub, head, shard } = cpuOn(tree, way, constants);
    return [
      `${number(tree.subscribers)}, ${number(tree.shardsOfARegion)} shards in each of ${REGION_COUNT} regions`,
      ...[hub, head, shard, network].map(milliseconds),
      `${number((hub + head + shard + network) / 1000)} s`,
    ];
  });
  return table(
    [
      'subscribers',
      'CPU of the hub',
      'CPU of a head',
      'CPU of a shard',
      'network, assumed',
      '**the last one hears it after**',
    ],
    rows,
  );
}

/** All sockets are closed at once, as by a deployment that takes effect at once. */
export function shardedReconnectsTable(constants: Constants): string {
  const { shardHandshakeCalls: calls, shardHandshakeRows: rowsOfOne } = constants;
  const rows = TREES.map(({ subscribers, socketsOfAShard, shardsOfARegion }) => {
    return [
      number(subscribers),
      `${number(socketsOfAShard / RECONNECTS_PER_SECOND)} s`,
      number(shardsOfARegion * RECONNECTS_PER_SECOND),
      number(subscribers * calls),
      number(subscribers * rowsOfOne),
      dollars(handshakeDollars(subscribers, constants)),
    ];
  });
  return table(
    [
      'subscribers',
      'they spread over',
      'of them in a region, a second',
      'calls',
      'rows',
      '**once**',
    ],
    rows,
  );
}

/** Of stock clients, and of others if they have no lease. */
export function handshakeDollars(handshakes: number, constants: Constants): number {
  const { shardHandshakeCalls, shardHandshakeRows, eventMicroseconds } = constants;
  const milliseconds = eventMicroseconds / 1000;
  const one =
    CLOUDFLARE.workerRequests +
    milliseconds * CLOUDFLARE.workerCpuMilliseconds +
    shardHandshakeCalls * CLOUDFLARE.objectRequests +
    shardHandshakeRows * CLOUDFLARE.rowsWritten +
    (milliseconds / 1000) * CLOUDFLARE.objectGigabytes * CLOUDFLARE.gigabyteSeconds;
  return (handshakes * one) / MILLION;
}

function defaultSocketsOfAShard(): number {
  const sharding = parseSharding({});
  if (!sharding.ok) throw new Error(sharding.failure.message);
  return sharding.value.socketsPerShard;
}
