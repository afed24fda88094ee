/** The metrics of a destination. A new one is added as one of a hub is (`hub-metrics.ts`). */

import { type Counts, type KeysOf, type Metric, newCounts } from './metric.ts';

/** Counted in memory since the destination woke. */
const COUNTERS = [
  {
    name: 'carillon.destination.attempts',
    type: 'counter',
    help: 'Attempts at a batch, by what became of them.',
    series: {
      attemptsDelivered: { result: 'delivered' },
      attemptsFailed: { result: 'failed' },
      attemptsGone: { result: 'gone' },
      attemptsTooLarge: { result: 'too_large' },
    },
  },
  {
    name: 'carillon.destination.delivered',
    type: 'counter',
    help: 'Events that the receiver took.',
    series: { delivered: {} },
  },
  {
    name: 'carillon.destination.dead_letters',
    type: 'counter',
    help: 'Events that could not be delivered and were given up.',
    series: { deadLettered: {} },
  },
  {
    name: 'carillon.destination.gaps',
    type: 'counter',
    help: 'Gaps: places in a journal where events had gone before they were read.',
    series: { gaps: {} },
  },
] as const satisfies readonly Metric[];

/** Read from what the destination stores when it reports. */
const STATE = [
  {
    name: 'carillon.destination.lag',
    type: 'gauge',
    help: 'Events of all hubs after the position of the destination, also those that it does not want.',
    series: { lag: {} },
  },
  {
    name: 'carillon.destination.paused',
    type: 'gauge',
    help: 'Whether the destination is paused: 1 if it is.',
    series: { paused: {} },
  },
  {
    name: 'carillon.destination.failures',
    type: 'gauge',
    help: 'Attempts that failed since the last one that did not.',
    series: { failures: {} },
  },
] as const satisfies readonly Metric[];

export const DESTINATION_METRICS: readonly Metric[] = [...COUNTERS, ...STATE];

export type DestinationCounts = Counts<KeysOf<typeof COUNTERS>>;

export function newDestinationCounts(): DestinationCounts {
  return newCounts(COUNTERS);
}
