/** `publish`: each event is published once, even if its request is sent several times. */
import { isJsonObject } from '../lib/json.ts';
import { Backoff, CLIENT_BACKOFF } from './backoff.ts';
import { type EventLine, eventLine, type OutgoingEvent, requestBatches } from './batches.ts';
import { MAX_PUBLISH_ATTEMPTS } from './bounds.ts';
import { CarillonError, type ErrorCode, type ErrorDetails } from './errors.ts';
import {
  checkServerOptions,
  invalid,
  resolveServer,
  type Server,
  type ServerOptions,
  timeoutOf,
} from './options.ts';
import { platformRuntime } from './platform.ts';
import { type ApiResponse, apiUrl, request } from './request.ts';
import type { Runtime } from './runtime.ts';
import { sleep } from './sleep.ts';

/** What `publish` has published. */
export interface Published {
  /** The ids of the events, in their order. */
  readonly ids: readonly string[];
  /** Events that the server did not have before. */
  readonly accepted: number;
  /**
   * Events that the server had already. If its response to a first attempt was lost, the events of that attempt
   * are among them.
   */
  readonly duplicates: number;
}

/**
 * Not all events were published. Publishing the rest makes no duplicates.
 *
 * @example
 * ```ts
 * try {
 *   await publish(events, options);
 * } catch (error) {
 *   if (error instanceof PublishError) await saveForLater(error.unpublished);
 *   else throw error;
 * }
 * ```
 */
export class PublishError extends CarillonError {
  /** `PublishError` */
  override readonly name = 'PublishError';
  /** The events that are not known to be published, in their order and with their ids. */
  readonly unpublished: readonly OutgoingEvent[];

  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails & { readonly unpublished: readonly OutgoingEvent[] },
  ) {
    super(code, message, details);
    this.unpublished = details.unpublished;
  }
}

/**
 * Publishes an event, or several in their order. The limits of the server decide how many requests that takes.
 *
 * Each event has its id before it is sent. So a request whose response was lost can be retried, and subscribers
 * get no duplicates. The token is requested once: to the server, another token may be another publisher.
 *
 * @param events one event, or several in their order
 * @param options the server, and the token
 * @throws `PublishError`, the reason of the signal, or what a function of the options throws
 *
 * @example
 * ```ts
 * const { ids } = await publish(
 *   { eventType: 'deploy/finished', metadata: { path: 'deploys/web', service: 'web' } },
 *   { url, token },
 * );
 * ```
 */
export function publish(
  events: OutgoingEvent | Iterable<OutgoingEvent>,
  options: ServerOptions,
): Promise<Published> {
  return publishOn(platformRuntime(options.fetch), events, options);
}

export async function publishOn(
  runtime: Runtime,
  events: OutgoingEvent | Iterable<OutgoingEvent>,
  options: ServerOptions,
): Promise<Published> {
  checkServerOptions(options);
  const all: readonly OutgoingEvent[] = Symbol.iterator in events ? Array.from(events) : [events];
  if (all.some(({ eventType }) => typeof eventType !== 'string' || eventType === '')) {
    throw invalid('an event has no eventType');
  }
  const lines = all.map((event) => eventLine(event, runtime.newId));
  const server = await resolveServer(options);
  const publication = new Publication(runtime, server, options);
  const batches = requestBatches(lines);
  for (const [index, batch] of batches.entries()) {
    await publication.send(batch, batches.slice(index + 1).flat());
  }
  const { accepted, duplicates } = publication;
  return { ids: lines.map(({ id }) => id), accepted, duplicates };
}

/** What one call of `publish` has sent. */
class Publication {
  accepted = 0;
  duplicates = 0;
  readonly #runtime: Runtime;
  readonly #server: Server;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;

  constructor(runtime: Runtime, server: Server, options: ServerOptions) {
    this.#runtime = runtime;
    this.#server = server;
    this.#timeoutMs = timeoutOf(options);
    this.#signal = options.signal ?? new AbortController().signal;
  }

  /**
   * Sends a request until all its lines are published.
   *
   * @param later the lines of later requests, which are unpublished too if this one fails
   * @throws PublishError
   */
  async send(batch: readonly EventLine[], later: readonly EventLine[]): Promise<void> {
    const backoff = new Backoff(CLIENT_BACKOFF, this.#runtime.random);
    let lines = batch;
    for (let attempt = 0; ; attempt++) {
      this.#signal.throwIfAborted();
      const response = recognised(await this.#post(lines), this.#server);
      this.#signal.throwIfAborted();
      lines = this.#count(response, lines);
      const { failure } = response;
      if (failure === undefined) return;
      const unpublished = [...lines, ...later].map(({ event }) => event);
      if (!failure.retryable) {
        const { code, message, status } = failure.error;
        throw new PublishError(code, message, { ...(status && { status }), unpublished });
      }
      const { message, waitMs } = failure;
      if (attempt + 1 === MAX_PUBLISH_ATTEMPTS) {
        const given = `${message}; ${MAX_PUBLISH_ATTEMPTS} attempts were made`;
        throw new PublishError('unavailable', given, { unpublished });
      }
      await sleep(this.#runtime, backoff.fail(waitMs), this.#signal);
    }
  }

  #post(lines: readonly EventLine[]): Promise<ApiResponse> {
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
  #count({ body, failure }: ApiResponse, lines: readonly EventLine[]): readonly EventLine[] {
    const { accepted, duplicates, failed } = membersOf(body.data);
    if (failure === undefined) {
      this.accepted += Number(accepted);
      this.duplicates += Number(duplicates);
      return [];
    }
    // The response to a request that failed in part names the events by their index.
    if (!Array.isArray(failed) || !Array.isArray(accepted) || !Array.isArray(duplicates))
      return lines;
    this.accepted += accepted.length;
    this.duplicates += duplicates.length;
    return lines.filter((_line, index) => failed.includes(index));
  }
}

/** A 200 that does not say what was accepted is not the response of a Carillon server. */
function recognised(response: ApiResponse, { url }: Server): ApiResponse {
  const { accepted, duplicates } = membersOf(response.body.data);
  const counts = typeof accepted === 'number' && typeof duplicates === 'number';
  if (response.failure !== undefined || counts) return response;
  const message = `${url.origin} answered without saying what it accepted; is it the address of a Carillon server?`;
  const error = new CarillonError('protocol', message);
  return { ...response, failure: { retryable: false, error } };
}

function membersOf(data: unknown): Readonly<Record<string, unknown>> {
  return isJsonObject(data) ? data : {};
}
