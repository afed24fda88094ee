/** How long an answer asks to wait: the header `Retry-After` (RFC 9110, section 10.2.3). */

/** The form of dates that senders must use: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
/** A longer number of seconds is a mistake. */
const SECONDS = /^\d{1,9}$/;

/**
 * @param now Unix milliseconds
 * @returns milliseconds, 0 for a date in the past; undefined if there is no such header, or it is neither seconds nor a date
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (SECONDS.test(text)) return Number(text) * 1000;
  const date = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
