/** Sends entries to the source in order, one request at a time, and retries until the server has them. */
import { CLIENT_BACKOFF } from '../../client/backoff.ts';
import type { Server } from '../../client/options.ts';
import { isRetryable } from '../../client/request.ts';
import type { Result } from '../../lib/result.ts';
import type { ExitCode } from '../command/command.ts';
import type { Stopping } from '../command/stopping.ts';
import { type Answer, type ApiFailure, requestApi } from '../server/api.ts';
import { Retry } from '../server/retry.ts';
import type { AuditEntry } from './entry.ts';
import { FORWARD_TIMEOUT_MS } from './limits.ts';
import type { DeliveryCounts, Progress } from './progress.ts';

export class Sender {
  readonly #server: Server;
  readonly #source: string;
  readonly #progress: Progress;
  readonly #stopping: Omit<Stopping, 'begin'>;

  constructor(
    server: Server,
    source: string,
    progress: Progress,
    stopping: Omit<Stopping, 'begin'>,
  ) {
    this.#server = server;
    this.#source = source;
    this.#progress = progress;
    this.#stopping = stopping;
  }

  /**
   * Sends a batch, and retries while that can help. The server recognises by their ids the entries that it has.
   *
   * @returns undefined once the server has the batch, else the exit code of the command
   */
  async deliver(batch: readonly AuditEntry[]): Promise<ExitCode | undefined> {
    const retry = new Retry(CLIENT_BACKOFF, this.#progress);
    for (let failures = 0; ; failures++) {
      const answer = await this.#post(batch);
      if (answer.ok) {
        const counts = countsOf(answer.value);
        if (counts === undefined) {
          return this.#refuse('the server answered without saying what it accepted', 200);
        }
        this.#progress.answered(counts);
        if (failures > 0) this.#progress.say('the server answers again');
        return undefined;
      }
      const { status, message, retryAfterMs } = answer.failure;
      if (status === 413) return this.#deliverHalves(batch, message);
      if (status !== 0 && !isRetryable(status)) return this.#refuse(message, status);
      if (this.#stopping.stop.aborted) {
        this.#progress.say(message);
        return 0;
      }
      await retry.wait(message, retryAfterMs, this.#stopping.stop);
      if (this.#stopping.stop.aborted) return 0;
    }
  }

  #refuse(message: string, status: number): ExitCode {
    this.#progress.say(`carillon: ${message.replace(/\.$/, '')}; ${this.#advice(status)}`);
    return 2;
  }

  async #deliverHalves(
    batch: readonly AuditEntry[],
    reason: string,
  ): Promise<ExitCode | undefined> {
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) {
      this.#progress.passedOver(
        `the entry at offset ${first.offset}, of ${first.bytes.length} bytes, is passed over: ${reason}`,
      );
      return undefined;
    }
    const half = Math.ceil(batch.length / 2);
    return (await this.deliver(batch.slice(0, half))) ?? (await this.deliver(batch.slice(half)));
  }

  async #post(batch: readonly AuditEntry[]): Promise<Result<Answer, ApiFailure>> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Error(`no answer within ${FORWARD_TIMEOUT_MS / 1000} s`)),
      FORWARD_TIMEOUT_MS,
    );
    try {
      return await requestApi(this.#server, `sys/events/in/${this.#source}`, {
        method: 'POST',
        // The server that is audited does not wait for this request, so its source may ask it.
        query: 'on_overload=block&reads=wait',
        headers: { 'Content-Type': 'application/x-ndjson' },
        body: new Uint8Array(Buffer.concat(batch.flatMap(({ bytes }) => [bytes, NEWLINE]))),
        signal: AbortSignal.any([late.signal, this.#stopping.deadline]),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #advice(status: number): string {
    const { url, namespace } = this.#server;
    const { origin } = url;
    const source = `the source ${JSON.stringify(this.#source)}${namespace && ` in namespace ${namespace}`}`;
    switch (status) {
      case 401:
      case 403:
        return `give a secret of ${source} in CARILLON_SOURCE_SECRET or with --secret-file, and see that ${origin} is Carillon, not the server that is audited`;
      case 404:
        return `make ${source} at ${origin}, or name another; VAULT_ADDR or --address must lead to Carillon, not to the server that is audited`;
      default:
        return `see that ${origin} is the address of Carillon, and that ${source} is of the kind vault-audit`;
    }
  }
}

const NEWLINE = Buffer.from('\n');

/** @returns undefined if it is not the answer of a source. A 204 has nothing to count. */
function countsOf({ data, body }: Answer): DeliveryCounts | undefined {
  if (body === undefined) return { accepted: 0, duplicates: 0, dropped: 0 };
  const { accepted, duplicates, dropped = 0 } = data;
  return typeof accepted === 'number' && typeof duplicates === 'number'
    ? { accepted, duplicates, dropped: Number(dropped) }
    : undefined;
}
