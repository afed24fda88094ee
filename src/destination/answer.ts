/** What the answer of a webhook means. */
import { retryAfterMs } from '../lib/retry-after.ts';
import { MAX_ANSWER_CHARACTERS } from './limits.ts';
import type { Outcome } from './outgoing.ts';

export interface WebhookAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The beginning of its body. */
  readonly body: Uint8Array;
}

/** @param now Unix milliseconds */
export function outcomeOf({ status, headers, body }: WebhookAnswer, now: number): Outcome {
  const answer = shownAnswer(new TextDecoder().decode(body));
  if (status >= 200 && status < 300) return { result: 'delivered', status, answer };
  if (status === 410) return { result: 'gone', status, answer };
  if (status === 413) return { result: 'too_large', status, answer };
  const wait = { retryAfterMs: retryAfterMs(headers.get('Retry-After'), now) };
  if (status >= 300 && status < 400) {
    const to = redirectedTo(headers.get('Location'));
    const why = `redirects${to && ` to ${to}`}, and redirects are not followed; write the address that it redirects to as the url`;
    return { result: 'failed', status, answer: shownAnswer(why), ...wait };
  }
  return { result: 'failed', status, answer, ...wait };
}

/** An attempt without an answer. */
export function failedAttempt(message: string): Outcome {
  return { result: 'failed', answer: shownAnswer(message) };
}

/** One line without control characters. */
export function shownAnswer(text: string): string {
  return Array.from(text.replace(/[\s\p{Cc}]+/gu, ' ').trim())
    .slice(0, MAX_ANSWER_CHARACTERS)
    .join('');
}

/** Only the host: the rest of an address may be a secret. */
function redirectedTo(location: string | null): string {
  if (location === null) return '';
  return URL.canParse(location) ? `the host ${new URL(location).host}` : 'another path';
}
