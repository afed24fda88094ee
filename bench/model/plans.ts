/** What Cloudflare's plans include, in events and subscribers of Carillon, and what a deployment costs a month. */
import type { Constants } from '../constants.ts';
import { number } from '../measure/digits.ts';
import { costsAlone, NOTHING, type Usage, usageOf, type Work } from './carillon.ts';
import { HANDSHAKES_A_DAY } from './lifetime.ts';
import { gigabytesOf, logLinesOf, paidLogDollars, range } from './logs.ts';
import { dollars, table } from './markdown.ts';
import { CLOUDFLARE, LOGS, PLANS } from './prices.ts';

const MILLION = 1e6;
const DAYS = 30;
const DAY_SECONDS = 24 * 60 * 60;
const GIGABYTE = 1e9;

/** Everything that is counted, with what the journal retains. */
type Counted = Usage & { readonly gigabytesStored: number };
type Counter = keyof Counted;

const NAMES: Readonly<Partial<Record<Counter, string>>> = {
  workerRequests: 'requests to the Worker',
  objectRequests: 'requests to Durable Objects',
  rowsWritten: 'rows written',
  gigabyteSeconds: 'GB-s of Durable Objects',
};

const PRICES: Readonly<Record<Counter, number>> = {
  ...CLOUDFLARE,
  // For each gigabyte, where the others are for a million.
  gigabytesStored: CLOUDFLARE.gigabytesStored * MILLION,
};

/** @param retained events in the journals at once */
function countedOf(work: Work, constants: Constants, retained: number): Counted {
  const usage = usageOf(work, costsAlone(constants), constants);
  return {
    ...usage,
    gigabytesStored: (retained * constants.journalBytes) / GIGABYTE,
  };
}

export function plansTable(constants: Constants): string {
  const oneEvent = { ...NOTHING, events: 1, requests: 1 };
  const oneHandshake = { ...NOTHING, handshakes: 1 };
  const event = countedOf(oneEvent, constants, 0);
  const handshake = countedOf(oneHandshake, constants, 0);
  const linesOf = (work: Work) => number(logLinesOf(work, costsAlone(constants), constants));
  const rows = Object.entries(NAMES).map(([key, name]) => {
    const counter = key as keyof typeof PLANS.free;
    return [
      name,
      number(PLANS.free[counter]),
      number(PLANS.paid[counter]),
      dollars(PRICES[counter]),
      number(event[counter]),
      number(handshake[counter]),
    ];
  });
  return table(
    [
      'counted',
      'Free: a day',
      'Paid: a month',
      'a million more',
      'an event needs',
      'a handshake needs',
    ],
    [
      ...rows,
      [
        'lines of the log, with `invocation_logs`',
        `${LOGS.freeADay} GB`,
        `${LOGS.paidAMonth} GB`,
        `${dollars(LOGS.gigabyte)} a GB`,
        linesOf(oneEvent),
        linesOf(oneHandshake),
      ],
      ['events of a request, by its CPU', eventsOfAFreeRequest(constants), '', '', '', ''],
      ['**that is enough for**', enough('free', event), enough('paid', event), '', '', ''],
    ],
  );
}

function eventsOfAFreeRequest({ batchedEventMicroseconds }: Constants): string {
  return number(Math.floor((PLANS.freeCpuOfARequest * 1000) / batchedEventMicroseconds));
}

/** How many events, one a request, use up the first of what a plan includes. */
function enough(plan: 'free' | 'paid', event: Counted): string {
  const counters = Object.keys(NAMES) as (keyof typeof PLANS.free)[];
  const most = Math.min(...counters.map((name) => PLANS[plan][name] / event[name]));
  return `${number(Math.floor(most))} events`;
}

export function deploymentsTable(constants: Constants): string {
  const rows = [
    { events: 1000, subscribers: 10 },
    { events: 25_000, subscribers: 100 },
    { events: DAY_SECONDS, subscribers: 1000 },
    { events: 10 * DAY_SECONDS, subscribers: 1000 },
  ].map(({ events, subscribers }) => {
    const day = {
      ...NOTHING,
      events,
      requests: events,
      deliveries: events * subscribers,
      handshakes: subscribers * HANDSHAKES_A_DAY,
    };
    const daily = countedOf(day, constants, events);
    const month = times(day, DAYS);
    const monthly = countedOf(month, constants, events);
    const lines = logLinesOf(month, costsAlone(constants), constants);
    return [
      number(events),
      number(subscribers),
      fits(daily) ? 'yes' : 'no',
      dollars(PLANS.paidDollars + beyond(monthly)),
      range(gigabytesOf(lines)),
      dollars(paidLogDollars(lines)),
    ];
  });
  return table(
    [
      'events a day',
      'subscribers of each',
      'fits Free',
      'Paid, a month',
      'GB of the log, assumed',
      'more for the log',
    ],
    rows,
  );
}

function times(work: Work, factor: number): Work {
  const scaled = Object.entries(work).map(([name, amount]) => [name, (amount as number) * factor]);
  return Object.fromEntries(scaled) as unknown as Work;
}

function fits(daily: Counted): boolean {
  return Object.entries(PLANS.free).every(([name, included]) => daily[name as Counter] <= included);
}

/** Dollars for what is not included in the Paid plan. */
function beyond(counted: Counted): number {
  const included: Readonly<Record<Counter, number>> = PLANS.paid;
  return Object.entries(counted).reduce((sum, [key, amount]) => {
    const name = key as Counter;
    return sum + (Math.max(0, amount - included[name]) * PRICES[name]) / MILLION;
  }, 0);
}
