/**
 * How often an event has come back: a webhook that a destination sends, or a queue that it writes to, may lead to a Carillon server
 * again, perhaps this one under another name. Each request says in a header how many destinations its events have passed, and each
 * message in the metadata. Who receives them stores it in their metadata. So a loop ends.
 */
import { isJsonObject, type JsonObject } from '../lib/json.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_HOPS } from './limits.ts';

export const HOPS_HEADER = 'Carillon-Hops';

/** The member of the metadata: a text, as filters and policies compare it. Absent for 0. */
const HOPS_KEY = 'carillon_hops';

/** A longer number is no count of hops. */
const HOPS = /^\d{1,3}$/;

/** @param header 0 if there is none */
export function parseHops(header: string | null): Result<number> {
  if (header === null) return ok(0);
  return HOPS.test(header)
    ? ok(Number(header))
    : invalid(
        `the header ${HOPS_HEADER} is ${quote(header)}; it must be one whole number, or absent`,
      );
}

/** Says why events are refused that have passed too many destinations; undefined if they have not. */
export function whyTooManyHops(hops: number): string | undefined {
  if (hops <= MAX_HOPS) return undefined;
  return `these events have passed ${hops} destinations (the header ${HOPS_HEADER}, or ${HOPS_KEY} in their metadata), at most ${MAX_HOPS} (MAX_HOPS) are allowed: destinations send events in a circle. Change the pattern, the filter or the url of one of them`;
}

/** What the metadata of an event says. Anything else than a count is 0. */
export function hopsOf(metadata: unknown): number {
  const text = isJsonObject(metadata) ? metadata[HOPS_KEY] : undefined;
  return typeof text === 'string' && HOPS.test(text) ? Number(text) : 0;
}

/** What a CloudEvent says whose data is that of a frame: rules of a source may leave it out of the event. */
export function hopsOfCloudEvent(document: unknown): number {
  const data = isJsonObject(document) ? document.data : undefined;
  const event = isJsonObject(data) ? data.event : undefined;
  return isJsonObject(event) ? hopsOf(event.metadata) : 0;
}

/** @param hops what the request says. Of that and of what the metadata says, the higher number counts */
export function withHops(metadata: JsonObject | undefined, hops: number): JsonObject | undefined {
  return hops > hopsOf(metadata) ? { ...metadata, [HOPS_KEY]: String(hops) } : metadata;
}
