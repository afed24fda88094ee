/** `publish`: events go out once, however often their requests have to. */
import { isJsonObject } from '../lib/json.ts';
import { backoff } from './backoff.ts';
import { batchesOf, type Line, lineOf, type OutgoingEvent } from './batches.ts';
import { MAX_PUBLISH_ATTEMPTS } from './bounds.ts';
import { CarillonError, type ErrorCode, type ErrorDetails } from './errors.ts';
import {
  checkServerOptions,
  invalid,
  type Server,
  type ServerOptions,
  serverOf,
  timeoutOf,
} from './options.ts';
import { withoutSocket } from './platform.ts';
import { type Answer, apiUrl, request } from './request.ts';
import type { Runtime } from './runtime.ts';
import { sleep } from './sleep.ts';

export interface Published {
  /** Of the events, in their order. */
  readonly ids: readonly string[];
  readonly accepted: number;
  /**
   * Those that the server had already. Where its answer to a first attempt was lost, the events of that
   * attempt are among them.
   */
  readonly duplicates: number;
}

/** Not all events were published. `publish(error.unpublished, …)` goes on, and doubles nothing. */
export class PublishError extends CarillonError {
  override readonly name = 'PublishError';
  /** The events that are not known to be published, in their order and with their ids. */
  readonly unpublished: readonly OutgoingEvent[];

  constructor(
    code: ErrorCode,
    message: string,
    { unpublished, ...details }: ErrorDetails & { readonly unpublished: readonly OutgoingEvent[] },
  ) {
    super(code, message, details);
    this.unpublished = unpublished;
  }
}

/**
 * Publishes an event, or several in their order, in as many requests as the server's limits ask for.
 *
 * Each event has its id before it is sent, so a request whose answer was lost is repeated and nothing is
 * heard twice. The token is asked for once: to the server, another one might be another publisher.
 *
 * @throws PublishError, or the reason of the signal, or what the functions of the options throw
 *
 * @example
 * const { ids } = await publish(
 *   { eventType: 'deploy/finished', metadata: { path: 'deploys/web', service: 'web' } },
 *   { url, token },
 * );
 */
export function publish(
  events: OutgoingEvent | Iterable<OutgoingEvent>,
  options: ServerOptions,
): Promise<Published> {
  return publishOn(withoutSocket(options.fetch), events, options);
}

export async function publishOn(
  runtime: Omit<Runtime, 'WebSocket'>,
  events: OutgoingEvent | Iterable<OutgoingEvent>,
  options: ServerOptions,
): Promise<Published> {
  checkServerOptions(options);
  const all: readonly OutgoingEvent[] = Symbol.iterator in events ? Array.from(events) : [events];
  if (all.some(({ eventType }) => typeof eventType !== 'string' || eventType === '')) {
    throw invalid('an event has no eventType');
  }
  const lines = all.map((event) => lineOf(event, runtime.newId));
  const server = await serverOf(options);
  const publisher = new Publisher(runtime, server, options);
  const batches = batchesOf(lines);
  for (const [index, batch] of batches.entries()) {
    await publisher.send(batch, batches.slice(index + 1).flat());
  }
  const { accepted, duplicates } = publisher;
  return { ids: lines.map(({ id }) => id), accepted, duplicates };
}

class Publisher {
  accepted = 0;
  duplicates = 0;
  readonly #runtime: Omit<Runtime, 'WebSocket'>;
  readonly #server: Server;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;

  constructor(runtime: Omit<Runtime, 'WebSocket'>, server: Server, options: ServerOptions) {
    this.#runtime = runtime;
    this.#server = server;
    this.#timeoutMs = timeoutOf(options);
    this.#signal = options.signal ?? new AbortController().signal;
  }

  /**
   * Sends a request until all its lines are published.
   *
   * @param later lines, which go out with none of it where this fails
   * @throws PublishError
   */
  async send(batch: readonly Line[], later: readonly Line[]): Promise<void> {
    let lines = batch;
    for (let attempt = 0; ; attempt++) {
      this.#signal.throwIfAborted();
      const answer = recognised(await this.#post(lines), this.#server);
      this.#signal.throwIfAborted();
      lines = this.#count(answer, lines);
      if (answer.trouble === undefined) return;
      const unpublished = [...lines, ...later].map(({ event }) => event);
      if (!answer.trouble.passes) {
        const { code, message, status } = answer.trouble.error;
        throw new PublishError(code, message, { ...(status && { status }), unpublished });
      }
      const { message, waitMs } = answer.trouble;
      if (attempt + 1 === MAX_PUBLISH_ATTEMPTS) {
        const given = `${message}; ${MAX_PUBLISH_ATTEMPTS} attempts were made`;
        throw new PublishError('unavailable', given, { unpublished });
      }
      const waits = backoff(attempt, this.#runtime.random(), waitMs);
      await sleep(this.#runtime, waits, this.#signal);
    }
  }

  #post(lines: readonly Line[]): Promise<Answer> {
    return request(this.#runtime, this.#server, {
      method: 'POST',
      url: apiUrl(this.#server, 'sys/events/publish'),
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.map(({ text }) => text).join('\n'),
      timeoutMs: this.#timeoutMs,
      signal: this.#signal,
    });
  }

  /** @returns the lines that are not known to be published */
  #count({ body, trouble }: Answer, lines: readonly Line[]): readonly Line[] {
    const { accepted, duplicates, failed } = membersOf(body.data);
    if (trouble === undefined) {
      this.accepted += Number(accepted);
      this.duplicates += Number(duplicates);
      return [];
    }
    // An answer in part names the events by their place in the request.
    if (!Array.isArray(failed) || !Array.isArray(accepted) || !Array.isArray(duplicates))
      return lines;
    this.accepted += accepted.length;
    this.duplicates += duplicates.length;
    return lines.filter((_line, index) => failed.includes(index));
  }
}

/** A page that greets everybody with 200 has published nothing. */
function recognised(answer: Answer, { url }: Server): Answer {
  const { accepted, duplicates } = membersOf(answer.body.data);
  const counts = typeof accepted === 'number' && typeof duplicates === 'number';
  if (answer.trouble !== undefined || counts) return answer;
  const message = `${url.origin} answered without saying what it accepted; is it the address of a Carillon server?`;
  return { ...answer, trouble: { passes: false, error: new CarillonError('protocol', message) } };
}

function membersOf(data: unknown): Readonly<Record<string, unknown>> {
  return isJsonObject(data) ? data : {};
}
