/** What the response to a publish request means for its lines. Pure. */
import type { ApiResponse } from '../../client/request.ts';
import { isJsonObject } from '../../lib/json.ts';

interface Verdict {
  readonly accepted: number;
  readonly duplicates: number;
  /** The line that the server rejects for good, by its index, and why. */
  readonly refused?: { readonly index: number; readonly reason: string };
  /** Indexes of the lines to send again: in a smaller request if there is no failure. */
  readonly left: readonly number[];
  /** Why these lines have to wait. The reason is no event. */
  readonly failure?: { readonly message: string; readonly waitMs: number };
}

/** Statuses that may reject one event of the request. */
const REJECTIONS = [400, 403, 413];

/** @param count the number of lines in the request */
export function verdictOf({ status, body, failure }: ApiResponse, count: number): Verdict {
  const { accepted, duplicates, failed } = isJsonObject(body.data) ? body.data : {};
  if (failure === undefined) {
    return typeof accepted === 'number' && typeof duplicates === 'number'
      ? { accepted, duplicates, left: [] }
      : wait(count, 'the server answered without saying what it accepted', 0);
  }
  // If the server accepted a part, the response has the indexes of each kind.
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
  // The message of a gateway says nothing about an event.
  if (reason === undefined || !REJECTIONS.includes(status))
    return wait(count, failure.error.message, 0);
  const found = /^line (?<line>\d+): (?<why>.*)$/s.exec(reason)?.groups;
  const index = Number(found?.line) - 1;
  if (found !== undefined && index < count) return without(index, found.why ?? reason, count);
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
