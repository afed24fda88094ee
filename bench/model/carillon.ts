/** What Carillon costs on Cloudflare, of what was measured and the list prices. Pure. */
import type { Constants } from '../constants.ts';
import { CLOUDFLARE } from './prices.ts';

const MILLION = 1e6;

/** What is done in a month, or for a number of deliveries. */
export interface Work {
  readonly events: number;
  /** Requests that publish them. */
  readonly requests: number;
  readonly deliveries: number;
  readonly handshakes: number;
  /** WebSocket messages that come in: acknowledgements. */
  readonly messages: number;
}

export interface Costs {
  /** CPU of the server for one delivery, microseconds. */
  readonly delivery: number;
  /** And for one event, on its way in. */
  readonly event: number;
  /** And for one event in other objects: an authority that knows its token, a wildcard hub. */
  readonly elsewhere: number;
  /** Calls to objects for a request that publishes. */
  readonly calls: number;
  /** Rows that an event writes until it is gone. */
  readonly rows: number;
}

/** What the platform counts, and charges for. */
export interface Usage {
  readonly workerRequests: number;
  readonly workerCpuMilliseconds: number;
  readonly objectRequests: number;
  readonly gigabyteSeconds: number;
  readonly rowsWritten: number;
}

export const NOTHING: Work = {
  events: 0,
  requests: 0,
  deliveries: 0,
  handshakes: 0,
  messages: 0,
};

/** Dollars. */
export interface Bill {
  readonly requests: number;
  readonly rows: number;
  readonly duration: number;
  readonly total: number;
}

/** Of events that come one by one, each in a request of its own. */
export function costsAlone(constants: Constants): Costs {
  return {
    delivery: constants.deliveryMicroseconds,
    event: constants.eventMicroseconds,
    elsewhere: 0,
    calls: constants.eventCalls,
    rows: constants.eventRows,
  };
}

/**
 * The same, each through an isolate that has not cached its token. What another object does for an event is not measured.
 * It is taken for what the hub and the Worker do together.
 */
export function costsCold(constants: Constants): Costs {
  return {
    ...costsAlone(constants),
    elsewhere: constants.eventMicroseconds,
    calls: constants.coldEventCalls,
  };
}

/** Of events that come one by one, while there is a wildcard subscriber. */
export function costsWithWildcard(constants: Constants): Costs {
  return {
    ...costsAlone(constants),
    elsewhere: constants.eventMicroseconds,
    calls: constants.wildcardEventCalls,
    rows: constants.wildcardEventRows,
  };
}

/** Of one event a request, with many requests in flight. */
export function costsBusy(constants: Constants): Costs {
  return {
    delivery: constants.busyDeliveryMicroseconds,
    event: constants.busyEventMicroseconds,
    elsewhere: 0,
    calls: constants.busyEventCalls,
    rows: constants.busyEventRows,
  };
}

/** Of events in batches, to subscribers that speak carillon.v1. */
export function costsInBatches(constants: Constants): Costs {
  return {
    delivery: constants.framedDeliveryMicroseconds,
    event: constants.batchedEventMicroseconds,
    elsewhere: 0,
    calls: constants.eventCalls,
    rows: constants.batchedEventRows,
  };
}

/** The same, while there is a wildcard subscriber. */
export function costsInBatchesWithWildcard(constants: Constants): Costs {
  return {
    ...costsInBatches(constants),
    elsewhere: constants.batchedEventMicroseconds,
    calls: constants.wildcardBatchCalls,
    rows: constants.wildcardBatchedEventRows,
  };
}

/**
 * An object is charged for the time that it is active, and hibernates as far as the bill goes whenever it
 * has nothing to do: so its duration is taken to be its CPU. That of the Worker is in it, and charged a
 * second time, as nothing tells them apart from outside.
 */
export function usageOf(work: Work, costs: Costs, constants: Constants): Usage {
  const { delivery, event, elsewhere, calls, rows } = costs;
  const { handshakeCalls, handshakeRows, eventMicroseconds } = constants;
  const { events, requests, deliveries, handshakes, messages } = work;
  // A handshake is a request, a look into the authority and a row: it is taken for an event.
  const entering = events * event + handshakes * eventMicroseconds;
  const seconds = (deliveries * delivery + entering + events * elsewhere) / MILLION;
  return {
    workerRequests: requests + handshakes,
    workerCpuMilliseconds: entering / 1000,
    objectRequests:
      requests * calls + handshakes * handshakeCalls + messages / CLOUDFLARE.messagesOfARequest,
    gigabyteSeconds: seconds * CLOUDFLARE.objectGigabytes,
    rowsWritten: events * rows + handshakes * handshakeRows,
  };
}

export function billOf(work: Work, costs: Costs, constants: Constants): Bill {
  const usage = usageOf(work, costs, constants);
  const priced = (...names: (keyof Usage)[]) =>
    names.reduce((sum, name) => sum + usage[name] * CLOUDFLARE[name], 0) / MILLION;
  const bill = {
    requests: priced('workerRequests', 'workerCpuMilliseconds', 'objectRequests'),
    rows: priced('rowsWritten'),
    duration: priced('gigabyteSeconds'),
  };
  return { ...bill, total: bill.requests + bill.rows + bill.duration };
}
