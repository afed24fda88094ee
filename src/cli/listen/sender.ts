/** Sends webhooks to the program, one at a time, and retries until it has each. */
import type { BackoffBounds } from '../../client/backoff.ts';
import { retryAfterMs } from '../../client/backoff.ts';
import { isRetryable } from '../../client/request.ts';
import { readBytes } from '../../lib/text.ts';
import type { Stopping } from '../command/stopping.ts';
import { visible } from '../command/visible.ts';
import { unreachable } from '../server/exchange.ts';
import { Retry } from '../server/retry.ts';
import {
  LISTEN_MAX_BACKOFF_MS,
  LISTEN_MIN_BACKOFF_MS,
  LISTEN_TIMEOUT_MS,
  MAX_LISTEN_ANSWER_BYTES,
  MAX_LISTEN_SHOWN_CHARACTERS,
  MIN_LISTEN_TIMEOUT_MS,
} from './limits.ts';
import { headersOf, type Webhook } from './webhook.ts';

const BACKOFF: BackoffBounds = {
  leastMs: LISTEN_MIN_BACKOFF_MS,
  firstMs: 2 * LISTEN_MIN_BACKOFF_MS,
  mostMs: LISTEN_MAX_BACKOFF_MS,
  isAfterServerWait: false,
};

export interface Target {
  readonly url: URL;
  /** In the form of Standard Webhooks: `whsec_…`. */
  readonly secret: string;
  /** How long one webhook is retried. */
  readonly retryForMs: number;
}

interface Answer {
  /** 0 if there was none. */
  readonly status: number;
  readonly durationMs: number;
  /** Why the answer is not a success; empty if it is. */
  readonly reason: string;
  /** What the program asks to wait. */
  readonly waitMs: number;
  /** Whether another attempt would fail for the same reason. */
  readonly isFinal?: boolean;
}

export type Outcome =
  | {
      readonly kind: 'delivered' | 'rejected';
      readonly answer: Answer;
      readonly attempts: number;
    }
  /** The program did not accept the webhook in the time for it. */
  | { readonly kind: 'gave_up'; readonly reason: string }
  /** The command is to stop. The program may have the webhook or not. */
  | { readonly kind: 'stopped' };

export class Sender {
  readonly #target: Target;
  readonly #stopping: Omit<Stopping, 'begin'>;
  readonly #say: (message: string) => void;

  constructor(target: Target, stopping: Omit<Stopping, 'begin'>, say: (message: string) => void) {
    this.#target = target;
    this.#stopping = stopping;
    this.#say = say;
  }

  /**
   * Sends a webhook until the program accepts it with a 2xx, or rejects it. It is retried if there is no answer, and
   * after a 5xx, 408, 425 or 429.
   */
  async deliver(webhook: Webhook): Promise<Outcome> {
    const { stop } = this.#stopping;
    const retry = new Retry(BACKOFF, { say: this.#say });
    const start = performance.now();
    for (let attempts = 1; ; attempts++) {
      const leftMs = () => this.#target.retryForMs - (performance.now() - start);
      const answer = await this.#send(webhook, leftMs());
      const { status, reason, waitMs, isFinal } = answer;
      if (reason === '') return { kind: 'delivered', answer, attempts };
      if (status !== 0 && !isRetryable(status)) return { kind: 'rejected', answer, attempts };
      if (stop.aborted) return { kind: 'stopped' };
      if (isFinal || leftMs() <= 0) return { kind: 'gave_up', reason };
      await retry.wait(`${webhook.id}: ${reason}`, waitMs, stop, leftMs());
      if (stop.aborted) return { kind: 'stopped' };
    }
  }

  async #send(webhook: Webhook, leftMs: number): Promise<Answer> {
    const { url, secret } = this.#target;
    // The last attempt needs some time, too.
    const timeoutMs = Math.min(LISTEN_TIMEOUT_MS, Math.max(MIN_LISTEN_TIMEOUT_MS, leftMs));
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
    const start = performance.now();
    const since = () => Math.round(performance.now() - start);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: await headersOf(webhook, secret, Date.now()),
        body: webhook.body,
        // A redirect may become a GET, without the event.
        redirect: 'manual',
        signal: AbortSignal.any([timeout, this.#stopping.deadline]),
      });
      const durationMs = since();
      const waitMs = retryAfterMs(response.headers.get('Retry-After'));
      const reason = response.ok ? '' : await reasonOf(response);
      if (response.ok) await response.body?.cancel();
      return { status: response.status, durationMs, reason, waitMs };
    } catch (error) {
      if (isBlockedPort(error)) {
        const reason = `port ${url.port} is one that web clients never call; let the program listen on another`;
        return { status: 0, durationMs: since(), reason, waitMs: 0, isFinal: true };
      }
      const reason = timeout.aborted
        ? `no answer within ${Math.round(timeoutMs / 1000)} s`
        : unreachable(url, error, '--forward-to');
      return { status: 0, durationMs: since(), reason, waitMs: 0 };
    }
  }
}

/** The fetch standard has a list of ports, such as 6000, that it never connects to. */
function isBlockedPort(error: unknown): boolean {
  return ((error as Error).cause as Error | undefined)?.message === 'bad port';
}

async function reasonOf(response: Response): Promise<string> {
  const { status } = response;
  const location = response.headers.get('Location');
  const bytes = await readBytes(response.body, MAX_LISTEN_ANSWER_BYTES).catch(() => undefined);
  const text = bytes === undefined ? '' : Buffer.from(bytes).toString().trim();
  const shown = visible(text.replace(/\s+/g, ' ')).slice(0, MAX_LISTEN_SHOWN_CHARACTERS);
  const answer = location === null ? shown : `redirects to ${visible(location)}`;
  return `answered ${status}${answer && `: ${answer}`}`;
}
