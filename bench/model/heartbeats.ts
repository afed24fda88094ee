/** What a month of idle subscribers costs, by what keeps their sockets open. */
import { MAX_SILENCE_MS, PING_INTERVAL_MS } from '../../src/client/bounds.ts';
import type { Constants } from '../constants.ts';
import { number } from '../measure/digits.ts';
import { billOf, costsAlone, NOTHING } from './carillon.ts';
import { SUBSCRIPTION_SECONDS } from './lifetime.ts';
import { gigabytesOf, logDollars, logLinesOf, type Range } from './logs.ts';
import { dollars, table } from './markdown.ts';
import { CLOUDFLARE, IDLE_CLOSE_SECONDS } from './prices.ts';

const SUBSCRIBERS = 10_000;
const MONTH_SECONDS = 30 * 24 * 60 * 60;

/** An object that is active all month. */
export const NEVER_IDLE_DOLLARS =
  (MONTH_SECONDS * CLOUDFLARE.objectGigabytes * CLOUDFLARE.gigabyteSeconds) / 1e6;

export function heartbeatsTable(constants: Constants): string {
  /** Each subscriber reconnects after so many seconds. */
  const reconnecting = (seconds: number, messages = 0) => {
    const handshakes = (SUBSCRIBERS * MONTH_SECONDS) / seconds;
    const work = { ...NOTHING, handshakes, messages };
    const costs = costsAlone(constants);
    return {
      dollars: billOf(work, costs, constants).total,
      lines: logLinesOf(work, costs, constants),
    };
  };
  const messages = (SUBSCRIBERS * MONTH_SECONDS * 1000) / PING_INTERVAL_MS;
  const usual = reconnecting(SUBSCRIPTION_SECONDS);
  const asked = reconnecting(SUBSCRIPTION_SECONDS, messages);
  const closed = IDLE_CLOSE_SECONDS.map((seconds) => reconnecting(seconds));
  const silent = [MAX_SILENCE_MS / 2000, MAX_SILENCE_MS / 1000].map((s) => reconnecting(s));
  const every = `every ${PING_INTERVAL_MS / 1000} s`;
  const rows: [how: string, dollars: Range, log: Range][] = [
    [`the client pings by the WebSocket protocol ${every}`, both(usual.dollars), logOf(usual)],
    [
      `a heartbeat, a text that the runtime answers, ${every}`,
      [usual.dollars, asked.dollars],
      logOf(usual),
    ],
    [
      `for comparison: a message that the hub answers, ${every}`,
      [asked.dollars, asked.dollars + NEVER_IDLE_DOLLARS],
      logOf(asked),
    ],
    [
      `nothing, and the edge closes silent sockets, after ${IDLE_CLOSE_SECONDS.map(number).join(' to ')} s as reported`,
      spreadOf(closed.map((each) => each.dollars)),
      spreadOf(closed.flatMap(logOf)),
    ],
    [
      `a server of release 0.2.0: pages replace connections after ${MAX_SILENCE_MS / 2000} to ${MAX_SILENCE_MS / 1000} s of silence`,
      spreadOf(silent.map((each) => each.dollars)),
      spreadOf(silent.flatMap(logOf)),
    ],
  ];
  return table(
    [`${number(SUBSCRIBERS)} idle subscribers`, '**Carillon**', 'its log, assumed'],
    rows.map(([how, cost, log]) => [how, dollars(cost), dollars(log)]),
  );
}

function logOf({ lines }: { readonly lines: number }): Range {
  return logDollars(gigabytesOf(lines));
}

function both(amount: number): Range {
  return [amount, amount];
}

function spreadOf(amounts: readonly number[]): Range {
  return [Math.min(...amounts), Math.max(...amounts)];
}
