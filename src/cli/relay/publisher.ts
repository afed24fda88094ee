/** Publishes what has come, in its order, for as long as it takes. */
import { requestBatches } from '../../client/batches.ts';
import { CONNECT_TIMEOUT_MS } from '../../client/bounds.ts';
import { platformRuntime } from '../../client/platform.ts';
import { type ApiResponse, apiUrl, request } from '../../client/request.ts';
import { sleep } from '../../client/sleep.ts';
import { MAX_PUBLISH_EVENTS } from '../../wire/limits.ts';
import type { Values } from '../arguments.ts';
import type { Backlog, Entry } from './backlog.ts';
import { relayBackoff } from './backoff.ts';
import { destinationOf } from './destination.ts';
import type { FrameLine } from './frame.ts';
import type { Report } from './report.ts';
import { verdictOf } from './verdict.ts';

/** Why it cannot begin. */
export interface Unfit {
  readonly message: string;
  /** Whether it is the token. */
  readonly byToken: boolean;
}

export class Publisher {
  readonly #runtime = platformRuntime();
  readonly #values: Values;
  readonly #report: Report;
  /** Ends it, whatever is under way. */
  readonly #signal: AbortSignal;
  /** Lines of the next request: halved where one was refused, so that it is found, and doubled again. */
  #most = MAX_PUBLISH_EVENTS;
  #failures = 0;

  constructor(values: Values, report: Report, signal: AbortSignal) {
    this.#values = values;
    this.#report = report;
    this.#signal = signal;
  }

  /**
   * Asks until there is an answer whether events can be published at all, with a request that has none.
   *
   * @returns why not
   */
  async check(): Promise<Unfit | undefined> {
    for (;;) {
      const { status, body, failure } = await this.#post([]);
      if (this.#signal.aborted || (status === 400 && Array.isArray(body.errors))) return undefined;
      if (failure === undefined) {
        return { message: 'it is not the address of a Carillon server', byToken: false };
      }
      if (!failure.retryable) {
        return { message: failure.error.message, byToken: failure.error.code === 'forbidden' };
      }
      await this.#wait(failure.message, failure.waitMs);
    }
  }

  /** @param settled is called after the entries that are given to it were published, or refused for good */
  async run(backlog: Backlog, settled: (entries: readonly Entry[]) => void): Promise<void> {
    for (
      let entries = await backlog.oldest();
      entries.length > 0;
      entries = await backlog.oldest()
    ) {
      const lines = entries.flatMap(({ line }) => (line === undefined ? [] : [line]));
      for (const batch of requestBatches(lines)) await this.#publish(batch);
      if (this.#signal.aborted) return;
      backlog.settle(entries.length);
      settled(entries);
    }
  }

  async #publish(batch: readonly FrameLine[]): Promise<void> {
    for (let lines = batch; lines.length > 0; ) {
      const sent = lines.slice(0, this.#most);
      const verdict = verdictOf(await this.#post(sent), sent.length);
      if (this.#signal.aborted) return;
      const { accepted, duplicates, refused, left, failure } = verdict;
      this.#report.published(accepted, duplicates);
      const culprit = refused && sent[refused.index];
      if (culprit !== undefined) this.#report.refused(culprit, refused?.reason ?? '');
      const again = sent.filter((_line, index) => left.includes(index));
      lines = [...again, ...lines.slice(sent.length)];
      if (failure !== undefined) {
        await this.#wait(failure.message, failure.waitMs);
      } else {
        this.#failures = 0;
        this.#most =
          again.length > 0
            ? Math.ceil(sent.length / 2)
            : Math.min(MAX_PUBLISH_EVENTS, this.#most * 2);
      }
    }
  }

  async #post(lines: readonly FrameLine[]): Promise<ApiResponse> {
    const to = await destinationOf(this.#values);
    if (typeof to === 'string') {
      return { status: 0, body: {}, failure: { retryable: true, message: to, waitMs: 0 } };
    }
    return request(this.#runtime, to, {
      method: 'POST',
      url: apiUrl(to, 'sys/events/publish'),
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.map(({ text }) => text).join('\n'),
      timeoutMs: CONNECT_TIMEOUT_MS,
      signal: this.#signal,
    });
  }

  async #wait(reason: string, waitMs: number): Promise<void> {
    const retryInMs = relayBackoff(this.#failures++, this.#runtime.random(), waitMs);
    this.#report.say(`publishing: ${reason}; trying again in ${(retryInMs / 1000).toFixed(1)} s`);
    await sleep(this.#runtime, retryInMs, this.#signal);
  }
}
