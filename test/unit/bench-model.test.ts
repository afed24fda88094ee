import { describe, expect, it } from 'vitest';
import { readConstants } from '../../bench/constants.ts';
import {
  billOf,
  type Costs,
  costsAlone,
  costsCold,
  costsInBatches,
  costsInBatchesWithWildcard,
  costsWithWildcard,
  NOTHING,
} from '../../bench/model/carillon.ts';
import { gigabytesOf, logLinesOf, paidLogDollars } from '../../bench/model/logs.ts';
import { dollars } from '../../bench/model/markdown.ts';
import { LOGS } from '../../bench/model/prices.ts';
import { dollarsOfDeliveries } from '../../bench/model/shards.ts';
import { tablesOf } from '../../bench/model/tables.ts';

const MILLION = 1e6;
const SUBSCRIBERS = 10;
const BATCH = 500;
const measured = readConstants();
const constants = measured.values;

/** Of a million deliveries. */
function billFor(costs: Costs, eventsOfARequest: number) {
  const events = MILLION / SUBSCRIBERS;
  const requests = events / eventsOfARequest;
  return billOf({ ...NOTHING, events, requests, deliveries: MILLION }, costs, constants);
}

describe('what a million deliveries to ten subscribers cost', () => {
  it('is at most $0.17 if each event has a request of its own', () => {
    expect(billFor(costsAlone(constants), 1).total).toBeLessThanOrEqual(0.17);
  });

  it('is at most $0.01 if events come in batches of 500', () => {
    expect(billFor(costsInBatches(constants), BATCH).total).toBeLessThanOrEqual(0.01);
    expect(billFor(costsInBatchesWithWildcard(constants), BATCH).total).toBeLessThanOrEqual(0.01);
  });

  it('includes the call and the rows of a wildcard hub', () => {
    const alone = billFor(costsAlone(constants), 1);
    const gathered = billFor(costsWithWildcard(constants), 1);
    expect(gathered.rows / alone.rows).toBeCloseTo(2, 1);
    expect(gathered.requests).toBeGreaterThan(alone.requests);
  });

  it('includes a look-up of the token if nothing is cached, which writes no row', () => {
    const alone = billFor(costsAlone(constants), 1);
    const cold = billFor(costsCold(constants), 1);
    expect(cold.requests).toBeGreaterThan(alone.requests);
    expect(cold.rows).toBe(alone.rows);
  });
});

describe('what a million deliveries to a million subscribers and more cost', () => {
  it.each(dollarsOfDeliveries(constants))('is at most $0.0005 if an event has %i', (_, amount) => {
    expect(amount).toBeLessThanOrEqual(0.0005);
  });
});

describe('the log', () => {
  const alone = costsAlone(constants);

  it('has a line for a request and for the call that it makes', () => {
    expect(logLinesOf({ ...NOTHING, events: 1, requests: 1 }, alone, constants)).toBeCloseTo(2);
  });

  it('has a line for each message, although twenty are charged as one request', () => {
    expect(logLinesOf({ ...NOTHING, messages: 20 }, alone, constants)).toBe(20);
  });

  it('costs nothing more as long as the plan includes it, however long its lines are', () => {
    const [, longest] = gigabytesOf(1);
    const included = LOGS.paidAMonth / longest;
    expect(paidLogDollars(included)).toEqual([0, 0]);
    const [shortLines, longLines] = paidLogDollars(2 * included);
    expect(shortLines).toBe(0);
    // 50 GB more, and the storage of 100 GB for a week of which 12 GB-months are included.
    expect(longLines).toBeCloseTo(50 * 0.25 + (100 * (7 / 30) - 12) * 0.1);
  });
});

describe('the tables', () => {
  it('show an amount that is known as one, and another as a range', () => {
    expect(dollars([0.5, 0.5])).toBe('$0.50');
    expect(dollars([0.5, 12])).toBe('$0.50–12.00');
  });

  it('let pings of the WebSocket protocol cost no more than subscribers that are idle', () => {
    const { idle = '', heartbeats = '' } = tablesOf(measured);
    const idleDollars = /^\| 10,000 \| a hub without shards \| (\S+) /m.exec(idle)?.[1];
    const pingDollars = /^\| the client pings[^|]*\| (\S+) /m.exec(heartbeats)?.[1];
    expect(pingDollars).toBeDefined();
    expect(pingDollars).toBe(idleDollars);
  });
});
