/** What a million deliveries cost, by how the events come to their hub, and what others ask for them. */
import { UNACKED_SHARE } from '../../src/client/bounds.ts';
import { DEFAULT_CREDIT, MAX_UNACKED_BYTES_PER_HUB } from '../../src/hub/limits.ts';
import { MAX_EVENTS_MESSAGE_BYTES } from '../../src/wire/limits.ts';
import type { Constants } from '../constants.ts';
import { number } from '../measure/digits.ts';
import {
  billOf,
  type Costs,
  costsAlone,
  costsBusy,
  costsCold,
  costsInBatches,
  costsInBatchesWithWildcard,
  costsWithWildcard,
  NOTHING,
} from './carillon.ts';
import { gigabytesOf, logDollars, logLinesOf } from './logs.ts';
import { dollars, table } from './markdown.ts';
import { ABLY, APPSYNC_EVENTS, PUSHER_PLANS } from './prices.ts';

const MILLION = 1e6;
const DAYS = 30;
const BATCH = 500;
/** As many events as the client takes before it acknowledges them. */
const EVENTS_OF_AN_ACK = DEFAULT_CREDIT / UNACKED_SHARE;

/** How events come to their hub and leave it. */
interface Way {
  readonly name: string;
  readonly costs: Costs;
  readonly eventsOfARequest: number;
  /** Acknowledged by their subscribers. */
  readonly isAcknowledged?: boolean;
  readonly wildcardSubscribers?: number;
}

const FAN_OUTS = [10, 1000, 10_000];

/** The ways that differ only in what an event costs are shown where events are what costs. */
export function deliveriesTable(constants: Constants): string {
  const alone = { name: 'one event at a time', costs: costsAlone(constants), eventsOfARequest: 1 };
  const busy = {
    name: '16 to 32 requests in flight',
    costs: costsBusy(constants),
    eventsOfARequest: 1,
  };
  const batches = {
    name: '`carillon.v1`, NDJSON of 500',
    costs: costsInBatches(constants),
    eventsOfARequest: BATCH,
    isAcknowledged: true,
  };
  const all: readonly Way[] = [
    alone,
    { ...alone, name: 'the same, cold caches', costs: costsCold(constants) },
    {
      ...alone,
      name: 'the same, and one wildcard subscriber',
      costs: costsWithWildcard(constants),
      wildcardSubscribers: 1,
    },
    busy,
    batches,
    {
      ...batches,
      name: 'the same, and one wildcard subscriber',
      costs: costsInBatchesWithWildcard(constants),
      wildcardSubscribers: 1,
    },
  ];
  const rows = FAN_OUTS.flatMap((fanOut, fanOutIndex) => {
    const events = MILLION / fanOut;
    const others = [appsync(events, MILLION, constants), ably(events, MILLION), pusher(events)];
    return (fanOutIndex === 0 ? all : [alone, busy, batches]).map((way, wayIndex) => {
      const { bill, lines } = deliveries(way, events, constants);
      const { requests, rows, duration, total } = bill;
      const log = dollars(logDollars(gigabytesOf(lines)));
      const beside = wayIndex === 0 ? others.map(dollars) : ['', '', ''];
      const amounts = [requests, rows, duration, total].map(dollars);
      return [number(fanOut), way.name, ...amounts, log, ...beside];
    });
  });
  return table(
    [
      'subscribers of an event',
      'how',
      'requests',
      'rows',
      'duration',
      '**Carillon**',
      'its log, assumed',
      'AppSync Events',
      'Ably',
      'Pusher, its plans used up',
    ],
    rows,
  );
}

/** A million deliveries, and those to wildcard subscribers in addition. */
function deliveries(way: Way, events: number, constants: Constants) {
  const { costs, eventsOfARequest, isAcknowledged = false, wildcardSubscribers = 0 } = way;
  const work = {
    ...NOTHING,
    events,
    requests: events / eventsOfARequest,
    deliveries: MILLION + events * wildcardSubscribers,
    messages: isAcknowledged ? MILLION * acksOfADelivery(MILLION / events, constants) : 0,
  };
  return {
    bill: billOf(work, costs, constants),
    lines: logLinesOf(work, costs, constants),
  };
}

/** Of batches. Many subscribers are asked to acknowledge each message at its end, too, because they hold much together. */
function acksOfADelivery(fanOut: number, { frameBytes }: Constants): number {
  const held = fanOut * EVENTS_OF_AN_ACK * frameBytes;
  if (held <= MAX_UNACKED_BYTES_PER_HUB / 4) return 1 / EVENTS_OF_AN_ACK;
  const message = Math.min(BATCH, Math.floor(MAX_EVENTS_MESSAGE_BYTES / frameBytes));
  return Math.ceil(message / EVENTS_OF_AN_ACK) / message;
}

function appsync(events: number, deliveries: number, { frameBytes }: Constants): number {
  const operations = Math.ceil(frameBytes / APPSYNC_EVENTS.operationBytes);
  return ((events + deliveries) * operations * APPSYNC_EVENTS.operations) / MILLION;
}

function ably(events: number, deliveries: number): number {
  return ((events + deliveries) * ABLY.messages) / MILLION;
}

/** The range of the plans, each with all of its messages used every day. */
function pusher(events: number): [low: number, high: number] {
  const prices = PUSHER_PLANS.map(
    ({ dollars, messagesADay }) => ((MILLION + events) * dollars) / (messagesADay * DAYS),
  );
  return [Math.min(...prices), Math.max(...prices)];
}
