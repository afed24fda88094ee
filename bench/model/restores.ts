/** What it costs that objects ask whether they were restored, by how often they start after a pause, or are never idle. */
import { GENERATION_CHECK_MS } from '../../src/objects/limits.ts';
import { number } from '../measure/digits.ts';
import { dollars, table } from './markdown.ts';
import { CLOUDFLARE } from './prices.ts';

const MILLION = 1e6;
const MONTH_MS = 30 * 24 * 60 * 60 * 1000;

export function restoresTable(): string {
  const mostOften = MONTH_MS / GENERATION_CHECK_MS;
  const rows = [
    ['a million events that each wake their hub', MILLION],
    ['an object that starts as often as it may ask', mostOften],
  ] as const;
  return table(
    ['in a month', 'requests', 'rows', '**a month**'],
    rows.map(([what, asked]) => {
      const price = (asked * (CLOUDFLARE.objectRequests + CLOUDFLARE.rowsWritten)) / MILLION;
      return [what, number(asked), number(asked), dollars(price)];
    }),
  );
}
