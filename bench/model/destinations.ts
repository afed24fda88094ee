/**
 * What a million events to one destination cost, by its kind and by how they come. The counts are measured; how long a receiver
 * takes to answer is assumed, because an object is charged while it waits.
 */
import type { Constants } from '../constants.ts';
import { number } from '../measure/digits.ts';
import { NEVER_IDLE_DOLLARS } from './heartbeats.ts';
import { dollars, table } from './markdown.ts';
import { CLOUDFLARE, QUEUES } from './prices.ts';

const MILLION = 1e6;
const BATCH = 100;

/** Milliseconds from an attempt to its answer. */
const ASSUMED = { worker: 5, queue: 50, webhook: 200 } as const;

type Kind = keyof typeof ASSUMED;
const KINDS: readonly Kind[] = ['worker', 'queue', 'webhook'];

interface Way {
  readonly name: string;
  readonly calls: 'LoneCalls' | 'BatchedCalls';
  readonly rows: 'LoneRows' | 'BatchedRows';
  readonly eventsOfAnAttempt: number;
}

const WAYS: readonly Way[] = [
  { name: 'each alone', calls: 'LoneCalls', rows: 'LoneRows', eventsOfAnAttempt: 1 },
  {
    name: `in batches of ${BATCH}`,
    calls: 'BatchedCalls',
    rows: 'BatchedRows',
    eventsOfAnAttempt: BATCH,
  },
];

export function destinationsTable(constants: Constants): string {
  const rows = KINDS.flatMap((kind) =>
    WAYS.map((way) => {
      const { requests, rows, duration, operations, total } = billOfDestination(
        kind,
        way,
        constants,
      );
      return [
        kind,
        way.name,
        dollars(requests),
        dollars(rows),
        dollars(duration),
        kind === 'queue' ? dollars(operations) : '',
        dollars(total),
      ];
    }),
  );
  return table(
    [
      'a million events to a',
      'that come',
      'requests',
      'rows',
      'duration',
      'operations of the queue',
      '**more for the destination**',
    ],
    rows,
  );
}

/** What a subscriber costs that sleeps, by how it hears of events. For a month. */
export function sleeperTable(constants: Constants): string {
  const worker = billOfDestination('worker', WAYS[0] as Way, constants).total;
  const events = [0, 1000, 100_000, MILLION];
  return table(
    [
      'events in a month',
      'a destination, each event alone',
      'a socket that a Durable Object holds',
    ],
    events.map((count) => [
      number(count),
      dollars((worker * count) / MILLION),
      dollars(NEVER_IDLE_DOLLARS),
    ]),
  );
}

function billOfDestination(kind: Kind, way: Way, constants: Constants) {
  const seconds =
    (ASSUMED[kind] / 1000) * (MILLION / way.eventsOfAnAttempt) +
    constants[`${kind}DeliveryMicroseconds`];
  const bill = {
    requests: constants[`${kind}${way.calls}`] * CLOUDFLARE.objectRequests,
    rows: constants[`${kind}${way.rows}`] * CLOUDFLARE.rowsWritten,
    duration: (seconds * CLOUDFLARE.objectGigabytes * CLOUDFLARE.gigabyteSeconds) / MILLION,
    operations: kind === 'queue' ? QUEUES.operationsOfAMessage * QUEUES.operations : 0,
  };
  return { ...bill, total: bill.requests + bill.rows + bill.duration + bill.operations };
}
