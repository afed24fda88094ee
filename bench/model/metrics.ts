/** What the reports of metrics cost in a month, by the number of hubs and authorities that are always awake. */
import { REPORT_INTERVAL_MS, STORE_INTERVAL_MS } from '../../src/metrics/limits.ts';
import { STORED_ENTRIES } from '../../src/metrics/reports.ts';
import { number } from '../measure/digits.ts';
import { NEVER_IDLE_DOLLARS } from './heartbeats.ts';
import { dollars, table } from './markdown.ts';
import { CLOUDFLARE, PLANS } from './prices.ts';

const MILLION = 1e6;
const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS = 30;

export function metricsTable(): string {
  const intervals = (DAYS * DAY_MS) / REPORT_INTERVAL_MS;
  const rows = [1, 10, 100, 1000].map((awake) => {
    const requests = (awake * intervals * CLOUDFLARE.objectRequests) / MILLION;
    // A report that comes alone is one row. Those that are written together are at most one row an entry.
    const written = Math.min(awake, (STORED_ENTRIES * REPORT_INTERVAL_MS) / STORE_INTERVAL_MS);
    const stored = (written * intervals * CLOUDFLARE.rowsWritten) / MILLION;
    const timers = Math.min(1, (awake * STORE_INTERVAL_MS) / REPORT_INTERVAL_MS);
    const duration = timers * NEVER_IDLE_DOLLARS;
    const ofFree = (awake * DAY_MS) / REPORT_INTERVAL_MS / PLANS.free.objectRequests;
    return [
      number(awake),
      dollars(requests),
      dollars(stored),
      dollars([0, duration]),
      dollars([requests + stored, requests + stored + duration]),
      `${number(100 * ofFree)} %`,
    ];
  });
  return table(
    [
      'awake all month',
      'requests',
      'rows',
      'duration of the metrics object',
      '**a month**',
      'of the requests to objects of Workers Free',
    ],
    rows,
  );
}
