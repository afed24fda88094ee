/**
 * What the model of the costs is made of. Each is measured by a row of the bench; a whole run with `--record`
 * writes them to `bench/constants.json`.
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
} as const;

export type ConstantName = keyof typeof CONSTANTS;
export type Constants = Readonly<Record<ConstantName, number>>;

export interface MeasuredConstants {
  /** `2026-11-22` */
  readonly date: string;
  readonly machine: string;
  readonly values: Constants;
}

const FILE = fileURLToPath(new URL('constants.json', import.meta.url));

export function readConstants(): MeasuredConstants {
  return JSON.parse(readFileSync(FILE, 'utf8')) as MeasuredConstants;
}

/** @throws Error where one was not measured */
export function writeConstants(measured: Partial<Constants>, machine: string): void {
  const values = Object.fromEntries(
    Object.keys(CONSTANTS).map((name) => {
      const value = measured[name as ConstantName];
      if (value === undefined) throw new Error(`nothing has measured ${name}`);
      return [name, Number(number(value).replaceAll(',', ''))];
    }),
  );
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(FILE, `${JSON.stringify({ date, machine, values }, null, 2)}\n`);
}
