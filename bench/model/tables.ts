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
import { heartbeatsTable, NEVER_IDLE_DOLLARS } from './heartbeats.ts';
import { HANDSHAKES_A_DAY } from './lifetime.ts';
import { logsTable } from './logs.ts';
import { dollars, table } from './markdown.ts';
import { metricsTable } from './metrics.ts';
import { deploymentsTable, plansTable } from './plans.ts';
import { ABLY, APPSYNC_EVENTS, PUSHER_PLANS, SOURCES } from './prices.ts';
import { restoresTable } from './restores.ts';

const MILLION = 1e6;
const DAYS = 30;
const MINUTES = DAYS * 24 * 60;

export function tablesOf(measured: MeasuredConstants): Readonly<Record<string, string>> {
  return {
    constants: constantsTable(measured),
    deliveries: deliveriesTable(measured.values),
    logs: logsTable(measured.values),
    idle: idleTable(measured.values),
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

function constantsTable({ date, machine, values }: MeasuredConstants): string {
  const rows = Object.entries(CONSTANTS).map(([name, [what, row]]) => [
    what,
    number(values[name as ConstantName]),
    `\`${row}\``,
  ]);
  return `Measured on ${date}, ${machine}; CPU in microseconds.\n\n${table(['what', 'value', 'row of the bench'], rows)}`;
}

function idleTable(constants: Constants): string {
  const rows = [10_000, 1_000_000].map((subscribers) => {
    const bill = billOf(
      { ...NOTHING, handshakes: subscribers * DAYS * HANDSHAKES_A_DAY },
      costsAlone(constants),
      constants,
    );
    const minutes = (subscribers * MINUTES) / MILLION;
    const plan = PUSHER_PLANS.find(({ connections }) => connections >= subscribers);
    return [
      number(subscribers),
      number(Math.ceil(subscribers / MAX_SOCKETS_PER_HUB)),
      dollars(bill.total),
      dollars(minutes * APPSYNC_EVENTS.connectionMinutes),
      dollars(minutes * ABLY.connectionMinutes),
      plan === undefined ? 'no list price' : `${dollars(plan.dollars)} (${plan.name})`,
    ];
  });
  return table(
    ['idle subscribers', 'hubs, at least', '**Carillon**', 'AppSync Events', 'Ably', 'Pusher'],
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
