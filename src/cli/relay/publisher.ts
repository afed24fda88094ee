/** Publishes what came from the origin, in order, and retries until the receiver has it. */
import { requestBatches } from '../../client/batches.ts';
import { CONNECT_TIMEOUT_MS } from '../../client/bounds.ts';
import { platformRuntime } from '../../client/platform.ts';
import { type ApiResponse, apiUrl, request } from '../../client/request.ts';
import { isJsonObject } from '../../lib/json.ts';
import { ok, type Result } from '../../lib/result.ts';
import { MAX_PUBLISH_EVENTS } from '../../wire/limits.ts';
import type { Values } from '../command/options.ts';
import { orMissingNamespace } from '../server/missing-namespace.ts';
import { Retry } from '../server/retry.ts';
import type { Backlog } from './backlog.ts';
import { RELAY_BACKOFF } from './backoff.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { FrameLine } from './frame.ts';
import { receiverOf } from './receiver.ts';
import type { Report } from './report.ts';
import { verdictOf } from './verdict.ts';

/** It may have no events. */
const BATCH = 'application/cloudevents-batch+json';

/** Why the receiver accepts no events. */
interface UnfitReceiver {
  readonly reason: 'token' | 'server';
  readonly message: string;
}

export class Publisher {
  readonly #runtime = platformRuntime();
  readonly #values: Values;
  readonly #originName: string | undefined;
  readonly #report: Report;
  readonly #retry: Retry;
  /** Lines of the next request: half as many after a rejection, to find the event, and then twice as many again. */
  #maxLines = MAX_PUBLISH_EVENTS;

  /** @param originName under which other relays publish the same events */
  constructor(values: Values, originName: string | undefined, report: Report) {
    this.#values = values;
    this.#originName = originName;
    this.#report = report;
    this.#retry = new Retry(RELAY_BACKOFF, report);
  }

  /**
   * Checks with a batch without events whether the receiver accepts any, and knows origins. Retries until it answers,
   * or the signal ends the check.
   */
  async check(signal: AbortSignal): Promise<Result<void, UnfitReceiver>> {
    for (;;) {
      const { body, failure } = await this.#send('[]', BATCH, signal);
      if (signal.aborted) return ok(undefined);
      if (failure === undefined) return this.#checkAnswer(body);
      if (!failure.retryable) {
        const { code, message } = failure.error;
        const receiver = await receiverOf(this.#values);
        const namespace = receiver.ok ? receiver.value.namespace : '';
        return unfit(
          code === 'forbidden' ? 'token' : 'server',
          orMissingNamespace(namespace, message),
        );
      }
      await this.#wait(failure, signal);
    }
  }

  #checkAnswer({ data }: ApiResponse['body']): Result<void, UnfitReceiver> {
    if (!isJsonObject(data) || typeof data.accepted !== 'number') {
      return unfit('server', 'it is not the address of a Carillon server');
    }
    return data.origin === this.#originName
      ? ok(undefined)
      : unfit(
          'server',
          'the server is of a release without --origin; update it, or omit the option',
        );
  }

  /** Publishes until the backlog has ended, or the signal ends it. */
  async run(backlog: Backlog, checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    for (
      let entries = await backlog.oldest();
      entries.length > 0;
      entries = await backlog.oldest()
    ) {
      const lines = entries.flatMap(({ line }) => (line === undefined ? [] : [line]));
      for (const batch of requestBatches(lines)) await this.#publish(batch, signal);
      if (signal.aborted) return;
      backlog.remove(entries.length);
      checkpoint.published(entries);
    }
  }

  async #publish(batch: readonly FrameLine[], signal: AbortSignal): Promise<void> {
    for (let lines = batch; lines.length > 0; ) {
      const sent = lines.slice(0, this.#maxLines);
      const verdict = verdictOf(await this.#post(sent, signal), sent.length);
      if (signal.aborted) return;
      const { accepted, duplicates, refused, left, failure } = verdict;
      this.#report.published(accepted, duplicates);
      const culprit = refused && sent[refused.index];
      if (culprit !== undefined) this.#report.refused(culprit, refused?.reason ?? '');
      const again = sent.filter((_line, index) => left.includes(index));
      lines = [...again, ...lines.slice(sent.length)];
      if (failure !== undefined) {
        await this.#wait(failure, signal);
      } else {
        this.#retry.backoff.succeed();
        this.#maxLines =
          again.length > 0
            ? Math.ceil(sent.length / 2)
            : Math.min(MAX_PUBLISH_EVENTS, this.#maxLines * 2);
      }
    }
  }

  #post(lines: readonly FrameLine[], signal: AbortSignal): Promise<ApiResponse> {
    return this.#send(lines.map(({ text }) => text).join('\n'), 'application/x-ndjson', signal);
  }

  async #send(body: string, contentType: string, signal: AbortSignal): Promise<ApiResponse> {
    const receiver = await receiverOf(this.#values);
    if (!receiver.ok) {
      const { message } = receiver.failure;
      return { status: 0, body: {}, failure: { retryable: true, message, waitMs: 0 } };
    }
    const url = apiUrl(receiver.value, 'sys/events/publish');
    if (this.#originName !== undefined) url.searchParams.set('origin', this.#originName);
    return request(this.#runtime, receiver.value, {
      method: 'POST',
      url,
      headers: { 'Content-Type': contentType },
      body,
      timeoutMs: CONNECT_TIMEOUT_MS,
      signal,
    });
  }

  async #wait(
    { message, waitMs }: { readonly message: string; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#retry.wait(`publishing: ${message}`, waitMs, signal);
  }
}

function unfit(reason: UnfitReceiver['reason'], message: string): Result<never, UnfitReceiver> {
  return { ok: false, failure: { reason, message } };
}
