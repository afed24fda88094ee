/**
 * What the model of the costs is made of. Each is measured by a row of the bench; a run with `--record` writes those of its
 * rows to `bench/constants.json`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { number } from './measure/digits.ts';

/** What each is, and the row that measures it. */
export const CONSTANTS = {
  deliveryMicroseconds: ['CPU of a delivery, one event at a time', 'fanout/1'],
  busyDeliveryMicroseconds: ['CPU of a delivery, 16 publishes in flight', 'fanout/16'],
  framedDeliveryMicroseconds: [
    'CPU of a delivery by carillon.v1, 16 publishes in flight',
    'fanout/16-v1',
  ],
  eventMicroseconds: ['CPU of an event, one a request', 'publish/single'],
  busyEventMicroseconds: ['CPU of an event, one a request, 32 connections', 'publish/single-32'],
  batchedEventMicroseconds: ['CPU of an event, NDJSON of 500', 'publish/ndjson-rate'],
  socketBytes: ['memory of an idle socket', 'idle/memory'],
  frameBytes: ['bytes of the JSON frame that is measured with', 'counted/calls'],
  eventCalls: ['calls to objects for a request that publishes', 'counted/calls'],
  busyEventCalls: ['the same, 32 connections', 'counted/calls-32'],
  coldEventCalls: ['the same, if its Worker has cached nothing', 'counted/calls-cold'],
  wildcardEventCalls: [
    'calls to objects for a request that publishes, one wildcard subscriber',
    'counted/rows-wildcard',
  ],
  wildcardBatchCalls: ['the same, NDJSON of 500', 'counted/rows-wildcard-batch'],
  eventRows: ['rows that an event writes until it is gone, alone', 'counted/rows'],
  busyEventRows: ['the same, 32 connections', 'counted/rows'],
  batchedEventRows: [
    'rows that an event writes until it is gone, NDJSON of 500',
    'counted/rows-batch',
  ],
  wildcardEventRows: [
    'rows that an event writes until it is gone, alone, one wildcard subscriber',
    'counted/rows-wildcard',
  ],
  wildcardBatchedEventRows: ['the same, NDJSON of 500', 'counted/rows-wildcard-batch'],
  journalBytes: ['bytes of the journal for an event', 'counted/calls'],
  logLineBytes: ['bytes of a line of `REQUEST_LOG` for a request that publishes', 'counted/calls'],
  handshakeCalls: ['calls to objects for a handshake', 'counted/handshake'],
  handshakeRows: ['rows that a handshake writes', 'counted/handshake'],
  shardedDeliveryMicroseconds: [
    'CPU of a delivery, one event at a time, 9,000 subscribers in 30 shards',
    'shards/cpu',
  ],
  busyShardedDeliveryMicroseconds: ['the same, 16 publishes in flight', 'shards/cpu-16'],
  regionMicroseconds: ['CPU of a hub to feed an event to one region', 'shards/250-cpu'],
  shardMicroseconds: [
    'CPU of a head and a shard for an event to one shard with a few subscribers',
    'shards/250-cpu',
  ],
  shardedEventCalls: ['calls to objects for an event to 3 heads and 30 shards', 'shards/calls'],
  shardedEventRows: ['rows of the hub that such an event writes until it is gone', 'shards/rows'],
  regionRows: ['rows that a head writes for what it is fed in one call', 'shards/rows'],
  headHandshakeCalls: ['calls to objects for a handshake at a region head', 'shards/handshake'],
  headHandshakeRows: ['rows that it writes', 'shards/handshake'],
  shardHandshakeCalls: ['calls to objects for a handshake at a shard', 'shards/handshake'],
  shardHandshakeRows: ['rows that it writes', 'shards/handshake'],
  workerDeliveryMicroseconds: [
    'CPU to deliver an event to a worker, batches of 100',
    'destinations/worker-cpu',
  ],
  workerLoneCalls: [
    'calls to objects and alarms to deliver a lone event to a worker',
    'destinations/worker-calls',
  ],
  workerLoneRows: ['rows that it writes', 'destinations/worker-calls'],
  workerBatchedCalls: [
    'calls to objects and alarms of an event in batches of 100',
    'destinations/worker-calls',
  ],
  workerBatchedRows: ['rows that it writes', 'destinations/worker-calls'],
  queueDeliveryMicroseconds: [
    'CPU to deliver an event to a queue, batches of 100',
    'destinations/queue-cpu',
  ],
  queueLoneCalls: [
    'calls to objects and alarms to deliver a lone event to a queue',
    'destinations/queue-calls',
  ],
  queueLoneRows: ['rows that it writes', 'destinations/queue-calls'],
  queueBatchedCalls: [
    'calls to objects and alarms of an event in batches of 100',
    'destinations/queue-calls',
  ],
  queueBatchedRows: ['rows that it writes', 'destinations/queue-calls'],
  webhookDeliveryMicroseconds: [
    'CPU to deliver an event to a webhook, batches of 100',
    'destinations/webhook-cpu',
  ],
  webhookLoneCalls: [
    'calls to objects and alarms to deliver a lone event to a webhook',
    'destinations/webhook-calls',
  ],
  webhookLoneRows: ['rows that it writes', 'destinations/webhook-calls'],
  webhookBatchedCalls: [
    'calls to objects and alarms of an event in batches of 100',
    'destinations/webhook-calls',
  ],
  webhookBatchedRows: ['rows that it writes', 'destinations/webhook-calls'],
} as const;

export type ConstantName = keyof typeof CONSTANTS;
const NAMES = Object.keys(CONSTANTS) as ConstantName[];

export type Constants = Readonly<Record<ConstantName, number>>;

/** What a run measured. */
export interface MeasuredRun {
  /** `2026-11-22` */
  readonly date: string;
  readonly machine: string;
  readonly values: Partial<Constants>;
}

export interface MeasuredConstants {
  /** Each has what no later run has measured. */
  readonly runs: readonly MeasuredRun[];
  readonly values: Constants;
}

const FILE = fileURLToPath(new URL('constants.json', import.meta.url));

/** @throws Error where one was not measured */
export function readConstants(): MeasuredConstants {
  const { runs } = JSON.parse(readFileSync(FILE, 'utf8')) as { runs: MeasuredRun[] };
  const values: Partial<Constants> = Object.assign({}, ...runs.map(({ values }) => values));
  for (const name of NAMES) {
    if (values[name] === undefined) throw new Error(`nothing has measured ${name}`);
  }
  return { runs, values: values as Constants };
}

/** Replaces what earlier runs have measured of these. */
export function writeConstants(measured: Partial<Constants>, machine: string): void {
  const { runs } = JSON.parse(readFileSync(FILE, 'utf8')) as { runs: MeasuredRun[] };
  const before = runs.map((run) => ({
    ...run,
    values: only(run.values, (name) => !(name in measured)),
  }));
  const date = new Date().toISOString().slice(0, 10);
  const run = { date, machine, values: only(measured, () => true) };
  const all = [...before, run].filter(({ values }) => Object.keys(values).length > 0);
  writeFileSync(FILE, `${JSON.stringify({ runs: all }, null, 2)}\n`);
}

/** Those of some names that there are, rounded. */
function only(values: Partial<Constants>, isWanted: (name: string) => boolean): Partial<Constants> {
  return Object.fromEntries(
    NAMES.filter(isWanted).flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[name, Number(number(value).replaceAll(',', ''))]];
    }),
  );
}
