/** The tables of `docs/scale.md` and `docs/deploy.md`, by their names. */
import { MAX_SOCKETS_PER_HUB } from '../../src/hub/limits.ts';
import {
  CONSTANTS,
  type ConstantName,
  type Constants,
  type MeasuredConstants,
} from '../constants.ts';
import { number } from '../measure/digits.ts';
import { billOf, costsAlone, NOTHING } from './carillon.ts';
import { deliveriesTable } from './deliveries.ts';
import { destinationsTable, sleeperTable } from './destinations.ts';
import { heartbeatsTable, NEVER_IDLE_DOLLARS } from './heartbeats.ts';
import { HANDSHAKES_A_DAY } from './lifetime.ts';
import { logsTable } from './logs.ts';
import { dollars, table } from './markdown.ts';
import { metricsTable } from './metrics.ts';
import { deploymentsTable, plansTable } from './plans.ts';
import { ABLY, APPSYNC_EVENTS, PUSHER_PLANS, SOURCES } from './prices.ts';
import { restoresTable } from './restores.ts';
import {
  handshakeDollars,
  lastSubscriberTable,
  REGION_COUNT,
  shardedReconnectsTable,
  shardsTable,
  TREES,
} from './shards.ts';

const MILLION = 1e6;
const DAYS = 30;
const MINUTES = DAYS * 24 * 60;
/** Of a hub that has no shards. */
const HUB_SUBSCRIBERS = 10_000;

export function tablesOf(measured: MeasuredConstants): Readonly<Record<string, string>> {
  return {
    constants: constantsTable(measured),
    deliveries: deliveriesTable(measured.values),
    logs: logsTable(measured.values),
    idle: idleTable(measured.values),
    shards: shardsTable(measured.values),
    'last-subscriber': lastSubscriberTable(measured.values),
    'sharded-reconnects': shardedReconnectsTable(measured.values),
    destinations: destinationsTable(measured.values),
    sleeper: sleeperTable(measured.values),
    heartbeats: heartbeatsTable(measured.values),
    hub: hubTable(measured.values),
    metrics: metricsTable(),
    restores: restoresTable(),
    plans: plansTable(measured.values),
    deployments: deploymentsTable(measured.values),
    prices: table(
      ['price', 'as of', 'source'],
      SOURCES.map(({ what, date, url }) => [what, date, `<${url}>`]),
    ),
  };
}

function constantsTable({ runs, values }: MeasuredConstants): string {
  const rows = Object.entries(CONSTANTS).map(([name, [what, row]]) => [
    what,
    number(values[name as ConstantName]),
    `\`${row}\``,
    runs.findLast((run) => name in run.values)?.date ?? '',
  ]);
  const machines = [...new Set(runs.map(({ machine }) => machine))].join('; ');
  return `Measured on ${machines}. CPU in microseconds.\n\n${table(['what', 'value', 'row of the bench', 'on'], rows)}`;
}

function idleTable(constants: Constants): string {
  const handshakesOf = (subscribers: number) => subscribers * DAYS * HANDSHAKES_A_DAY;
  const onHub = { ...NOTHING, handshakes: handshakesOf(HUB_SUBSCRIBERS) };
  const served = [
    {
      subscribers: HUB_SUBSCRIBERS,
      objects: 'a hub without shards',
      cost: billOf(onHub, costsAlone(constants), constants).total,
    },
    ...TREES.map(({ subscribers, shards }) => ({
      subscribers,
      objects: `a hub, ${REGION_COUNT} heads, ${number(shards)} shards`,
      cost: handshakeDollars(handshakesOf(subscribers), constants),
    })),
  ];
  const rows = served.map(({ subscribers, objects, cost }) => {
    const minutes = (subscribers * MINUTES) / MILLION;
    const plan = PUSHER_PLANS.find(({ connections }) => connections >= subscribers);
    return [
      number(subscribers),
      objects,
      dollars(cost),
      dollars(minutes * APPSYNC_EVENTS.connectionMinutes),
      dollars(minutes * ABLY.connectionMinutes),
      plan === undefined ? 'no list price' : `${dollars(plan.dollars)} (${plan.name})`,
    ];
  });
  return table(
    ['idle subscribers', 'served by', '**Carillon**', 'AppSync Events', 'Ably', 'Pusher'],
    rows,
  );
}

function hubTable(constants: Constants): string {
  const {
    deliveryMicroseconds,
    busyDeliveryMicroseconds,
    framedDeliveryMicroseconds,
    batchedEventMicroseconds,
    socketBytes,
  } = constants;
  const eventsASecond = (sockets: number, delivery: number) =>
    number(MILLION / (sockets * delivery + batchedEventMicroseconds));
  const sockets = number(MAX_SOCKETS_PER_HUB);
  const rows = [
    ['sockets', sockets, 'the platform takes 32,768'],
    [
      `memory of ${sockets} idle sockets`,
      `${number((MAX_SOCKETS_PER_HUB * socketBytes) / 1024 ** 2)} MiB`,
      'of the whole process in workerd: the buffers of the sockets are in it, which no isolate is charged for',
    ],
    [
      'stock deliveries a second',
      number(MILLION / deliveryMicroseconds),
      'one event at a time; one thread used up',
    ],
    ['the same, busy', number(MILLION / busyDeliveryMicroseconds), '16 publishes in flight'],
    ['by `carillon.v1`', number(MILLION / framedDeliveryMicroseconds), '16 publishes in flight'],
    [
      'events a second in, nobody listening',
      number(MILLION / batchedEventMicroseconds),
      'NDJSON of 500',
    ],
    ...[100, 1000, MAX_SOCKETS_PER_HUB].map((listening) => [
      `events a second to ${number(listening)} subscribers`,
      `${eventsASecond(listening, busyDeliveryMicroseconds)} · ${eventsASecond(listening, framedDeliveryMicroseconds)}`,
      'stock · `carillon.v1`, busy',
    ]),
    [
      `an event to ${sockets} subscribers takes`,
      `${number((MAX_SOCKETS_PER_HUB * deliveryMicroseconds) / MILLION)} s`,
      'the last one hears it so much later than the first',
    ],
    [
      'a month in which it is never idle',
      dollars(NEVER_IDLE_DOLLARS),
      'duration alone; what it costs at most, however much it does',
    ],
    [
      'journal of 100,000 events',
      `${number((constants.journalBytes * 100_000) / 1024 ** 2)} MiB`,
      `frames of ${constants.frameBytes} bytes; an object holds 10 GB`,
    ],
  ];
  return table(['of one hub', '', ''], rows);
}
