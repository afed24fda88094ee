/**
 * List prices, in US dollars, without discounts and without what plans include. The only numbers of the model
 * that are typed in; each has its source and the day as of which it was read there.
 */

export interface Source {
  readonly what: string;
  readonly url: string;
  /** As of. */
  readonly date: string;
}

export const CLOUDFLARE = {
  workerRequests: 0.3,
  workerCpuMilliseconds: 0.02,
  objectRequests: 0.15,
  /** Incoming WebSocket messages that count as one request. */
  messagesOfARequest: 20,
  gigabyteSeconds: 12.5,
  rowsWritten: 1,
  /** For a month. */
  gigabytesStored: 0.2,
  /** For each second that an object is active: it is charged for all of it. */
  objectGigabytes: 0.128,
} as const;

/** What a plan includes: Workers Free for a day, Workers Paid for a month. */
export const PLANS = {
  paidDollars: 5,
  /** Milliseconds of CPU that one request may take on Workers Free. */
  freeCpuOfARequest: 10,
  free: {
    workerRequests: 100_000,
    objectRequests: 100_000,
    gigabyteSeconds: 13_000,
    rowsWritten: 100_000,
    gigabytesStored: 5,
  },
  paid: {
    workerRequests: 10e6,
    workerCpuMilliseconds: 30e6,
    objectRequests: 1e6,
    gigabyteSeconds: 400_000,
    rowsWritten: 50e6,
    gigabytesStored: 5,
  },
} as const;

/** Cloudflare Queues: a million operations beyond the million a month that Workers Paid includes. */
export const QUEUES = {
  operations: 0.4,
  /** To write it, to read it and to delete it, if it has at most 64 KB. A batch saves none. */
  operationsOfAMessage: 3,
} as const;

/** Workers Logs from 2026-12-01 on: counted by size. */
export const LOGS = {
  /** Gigabytes that a plan includes. */
  freeADay: 0.5,
  paidAMonth: 50,
  gigabyte: 0.25,
  /** Of storage: gigabyte-months that the Paid plan includes, and what one more costs. */
  paidGigabyteMonths: 12,
  gigabyteMonth: 0.1,
  retentionDays: 7,
  /**
   * Bytes of one line of Cloudflare's own, assumed. The lower one is what `wrangler tail` prints for a call to an object,
   * without blanks. The higher one is the average of all Workers that Cloudflare publishes.
   */
  lineBytes: [420, 4840],
} as const;

/** Seconds of silence after which the edge had closed a WebSocket: the least and the most that users report. */
export const IDLE_CLOSE_SECONDS = [133, 1788] as const;

export const APPSYNC_EVENTS = {
  operations: 1,
  connectionMinutes: 0.08,
  /** Each so much of an event is an operation of its own. */
  operationBytes: 5 * 1024,
} as const;

/** The prices by use, which Ably keeps for accounts from before it counted users instead. */
export const ABLY = { messages: 2.5, connectionMinutes: 1 } as const;

/** For a month: so many connections at once, so many messages a day. */
export const PUSHER_PLANS = [
  { name: 'Startup', dollars: 49, connections: 500, messagesADay: 1e6 },
  { name: 'Pro', dollars: 99, connections: 2000, messagesADay: 4e6 },
  { name: 'Business', dollars: 299, connections: 5000, messagesADay: 10e6 },
  { name: 'Premium', dollars: 499, connections: 10_000, messagesADay: 20e6 },
  { name: 'Growth', dollars: 699, connections: 15_000, messagesADay: 40e6 },
  { name: 'Plus', dollars: 899, connections: 20_000, messagesADay: 60e6 },
  { name: 'Growth Plus', dollars: 1199, connections: 30_000, messagesADay: 90e6 },
] as const;

export const SOURCES: readonly Source[] = [
  {
    what: 'Durable Objects: requests, duration, rows',
    url: 'https://developers.cloudflare.com/durable-objects/platform/pricing',
    date: '2026-09',
  },
  {
    what: 'Workers: requests, CPU',
    url: 'https://developers.cloudflare.com/workers/platform/pricing/',
    date: '2026-08-03',
  },
  {
    what: 'Queues: operations',
    url: 'https://developers.cloudflare.com/queues/platform/pricing/',
    date: '2026-09',
  },
  {
    what: 'Workers Logs: gigabytes',
    url: 'https://developers.cloudflare.com/observability/pricing/',
    date: '2026-12-01, announced',
  },
  {
    what: 'Workers Logs: average size of a line',
    url: 'https://developers.cloudflare.com/observability/logs/datasets/',
    date: '2026-12-01, announced',
  },
  {
    what: 'Silence after which sockets were closed: 133 s, a report of a user',
    url: 'https://github.com/cloudflare/agents/issues/2242',
    date: '2026-09-11',
  },
  {
    what: 'the same: 216 to 1,788 s from one place, not in an hour from another',
    url: 'https://github.com/Menci/Floway/pull/324',
    date: '2026-07-30',
  },
  {
    what: 'AppSync Events: operations (price list), connection minutes',
    url: 'https://aws.amazon.com/appsync/pricing/',
    date: '2024-09-01, in the list of 2026',
  },
  {
    what: 'Ably: messages, connection minutes',
    url: 'https://ably.com/docs/platform/pricing/resource-based',
    date: '2026-05-08',
  },
  {
    what: 'Pusher Channels: plans',
    url: 'https://pusher.com/channels/pricing',
    date: '2026-05-08',
  },
];
