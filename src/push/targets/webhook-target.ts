/** A webhook: an HTTP request, signed as Standard Webhooks define it. */
import type { Agreement } from '../../destination/agreement.ts';
import { failedAttempt, outcomeOf } from '../../destination/answer.ts';
import { contentOf } from '../../destination/formats.ts';
import { MAX_ANSWER_BYTES } from '../../destination/limits.ts';
import type { Outcome, OutgoingBatch } from '../../destination/outgoing.ts';
import type { Format, WebhookSettings } from '../../destination/settings.ts';
import { headerId, signedHeaders } from '../../destination/signed-headers.ts';
import { HOPS_HEADER } from '../../event/hops.ts';
import type { StandardKey } from '../../lib/standard-webhooks.ts';
import { checkWebhookUrl } from '../../outbound/webhook/address.ts';
import { readStart } from '../../outbound/webhook/read-start.ts';
import { hopsOfBatch } from './hops.ts';
import { noAnswer } from './in-time.ts';
import type { Target } from './target.ts';

interface Parts {
  readonly target: WebhookSettings;
  readonly format: Format;
  /** Whether batches of the destination may have several events. */
  readonly mayBeSeveral: boolean;
  readonly keys: readonly StandardKey[];
  readonly agreement: Agreement | undefined;
  readonly timeoutMs: number;
  readonly allowLoopbackHttp: boolean;
}

export class WebhookTarget implements Target {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async send(batch: OutgoingBatch, signal?: AbortSignal): Promise<Outcome> {
    const { target, timeoutMs, allowLoopbackHttp } = this.#parts;
    // The rules may be stricter than when it was written: another release, or no loopback any more.
    const allowed = checkWebhookUrl(target.url, { allowLoopbackHttp });
    if (!allowed.ok) return failedAttempt(`the url ${allowed.failure.message}`);
    const { headers, body } = await this.#request(batch);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        headers,
        body,
        // A redirect could lead to an address that the rules refuse, or become a GET without the events.
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      return outcomeOf(
        {
          status: response.status,
          headers: response.headers,
          body: await readStart(response.body, MAX_ANSWER_BYTES),
        },
        Date.now(),
      );
    } catch (error) {
      if (timeout.aborted) return failedAttempt(noAnswer(timeoutMs));
      if (signal?.aborted) return failedAttempt('the attempt was ended');
      return failedAttempt(`no answer: ${(error as Error).message}`);
    }
  }

  async #request({ id, events }: OutgoingBatch) {
    const { target, format, mayBeSeveral, keys, agreement } = this.#parts;
    const { headers, body } = contentOf(events, format, mayBeSeveral);
    const message = { id: await headerId(id), body };
    return {
      body,
      headers: {
        ...target.headers,
        ...headers,
        ...(await signedHeaders(message, keys, Date.now())),
        [HOPS_HEADER]: String(hopsOfBatch(events)),
        ...(agreement && { 'WebHook-Request-Origin': agreement.origin }),
      },
    };
  }
}
