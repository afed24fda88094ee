/**
 * What Workers Logs cost. Cloudflare writes a line for each request to the Worker, each call to an object and each message
 * of a WebSocket. How long such a line is, is an assumption: see `LOGS.lineBytes`.
 */
import type { Constants } from '../constants.ts';
import { number } from '../measure/digits.ts';
import {
  type Costs,
  costsAlone,
  costsBusy,
  costsInBatches,
  NOTHING,
  type Work,
} from './carillon.ts';
import { dollars, table } from './markdown.ts';
import { LOGS } from './prices.ts';

const MILLION = 1e6;
const GIGABYTE = 1e9;
const MONTH_DAYS = 30;

export type Range = readonly [low: number, high: number];

export function logLinesOf(work: Work, costs: Costs, constants: Constants): number {
  const { requests, handshakes, messages } = work;
  const { handshakeCalls } = constants;
  return requests * (1 + costs.calls) + handshakes * (1 + handshakeCalls) + messages;
}

export function gigabytesOf(lines: number): Range {
  const [low, high] = LOGS.lineBytes;
  return [(lines * low) / GIGABYTE, (lines * high) / GIGABYTE];
}

/** Dollars for lines that are not included in a plan: to write them, and to store them as long as they are retained. */
export function logDollars(gigabytes: Range, includedGigabytes = 0, includedMonths = 0): Range {
  const of = (written: number) =>
    Math.max(0, written - includedGigabytes) * LOGS.gigabyte +
    Math.max(0, (written * LOGS.retentionDays) / MONTH_DAYS - includedMonths) * LOGS.gigabyteMonth;
  return [of(gigabytes[0]), of(gigabytes[1])];
}

/** Dollars of a month on the Paid plan, beyond what it includes. */
export function paidLogDollars(lines: number): Range {
  return logDollars(gigabytesOf(lines), LOGS.paidAMonth, LOGS.paidGigabyteMonths);
}

export function range([low, high]: Range): string {
  return low === high ? number(low) : `${number(low)}–${number(high)}`;
}

export function logsTable(constants: Constants): string {
  const publishing = (requests: number, costs: Costs) =>
    logLinesOf({ ...NOTHING, requests }, costs, constants);
  const alone = costsAlone(constants);
  const rows: [what: string, lines: number, gigabytes?: Range][] = [
    ['events, one a request', publishing(MILLION, alone)],
    ['the same, 32 connections', publishing(MILLION, costsBusy(constants))],
    ['events, NDJSON of 500', publishing(MILLION / 500, costsInBatches(constants))],
    ['handshakes', logLinesOf({ ...NOTHING, handshakes: MILLION }, alone, constants)],
    ['acknowledgements', logLinesOf({ ...NOTHING, messages: MILLION }, alone, constants)],
    [
      'requests that publish, the lines of `REQUEST_LOG`',
      MILLION,
      [(MILLION * constants.logLineBytes) / GIGABYTE, gigabytesOf(MILLION)[1]],
    ],
  ];
  return table(
    ['a million', 'lines', 'GB, assumed', 'dollars'],
    rows.map(([what, lines, gigabytes = gigabytesOf(lines)]) => [
      what,
      number(lines),
      range(gigabytes),
      dollars(logDollars(gigabytes)),
    ]),
  );
}
