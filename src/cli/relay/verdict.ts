/** What an answer of the publish endpoint means for the lines of the request. Pure. */
import type { ApiResponse } from '../../client/request.ts';
import { isJsonObject } from '../../lib/json.ts';

export interface Verdict {
  readonly accepted: number;
  readonly duplicates: number;
  /** The line that the server will never take, by its index, and why. */
  readonly refused?: { readonly index: number; readonly reason: string };
  /** Indexes of the lines that are to be sent again; fewer at a time where there is no trouble. */
  readonly left: readonly number[];
  /** Why they have to wait. It lies with no event. */
  readonly failure?: { readonly message: string; readonly waitMs: number };
}

/** Statuses of a refusal that may be for one event of the request. */
const REFUSALS = [400, 403, 413];

/** @param count of the lines of the request */
export function verdictOf({ status, body, failure }: ApiResponse, count: number): Verdict {
  const { accepted, duplicates, failed } = isJsonObject(body.data) ? body.data : {};
  if (failure === undefined) {
    return typeof accepted === 'number' && typeof duplicates === 'number'
      ? { accepted, duplicates, left: [] }
      : wait(count, 'the server answered without saying what it accepted', 0);
  }
  // Taken in part: the answer has the indexes of each kind.
  const isPartial = [accepted, duplicates, failed].every((indexes) => Array.isArray(indexes));
  const counts = isPartial
    ? {
        accepted: (accepted as unknown[]).length,
        duplicates: (duplicates as unknown[]).length,
        left: indexesOf(count).filter((index) => (failed as unknown[]).includes(index)),
      }
    : { accepted: 0, duplicates: 0, left: indexesOf(count) };
  if (failure.retryable) {
    const { message, waitMs } = failure;
    return { ...counts, failure: { message, waitMs } };
  }
  const reason = reasonIn(body);
  // The words of a gateway in between are no verdict on an event.
  if (reason === undefined || !REFUSALS.includes(status))
    return wait(count, failure.error.message, 0);
  const place = /^line (?<line>\d+): (?<why>.*)$/s.exec(reason)?.groups;
  const index = Number(place?.line) - 1;
  if (place !== undefined && index < count) return without(index, place.why ?? reason, count);
  if (status === 403) return wait(count, failure.error.message, 0);
  if (count === 1) return without(0, reason, count);
  return counts;
}

function wait(count: number, message: string, waitMs: number): Verdict {
  return { accepted: 0, duplicates: 0, left: indexesOf(count), failure: { message, waitMs } };
}

function without(index: number, reason: string, count: number): Verdict {
  const left = indexesOf(count).filter((other) => other !== index);
  return { accepted: 0, duplicates: 0, refused: { index, reason }, left };
}

function indexesOf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function reasonIn({ errors }: ApiResponse['body']): string | undefined {
  return Array.isArray(errors) && errors.length > 0 ? errors.join('; ') : undefined;
}
