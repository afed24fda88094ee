/**
 * Polls that last until they have enough events or waited long enough, and follow each other. A poll resumes after the
 * last event, by its id; or where the poll before began, by the cursor in its headers.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Connection, Listener, Request } from './connection.ts';
import { openHttpStream } from './http-stream.ts';
import { Lines } from './lines.ts';
import { type EventReceived, receivedEvent } from './stock-subscription.ts';
import { STREAM_SILENCE_MS, Subscription, type SubscriptionOptions } from './subscription.ts';

type Line =
  | { readonly data: EventReceived }
  | { readonly gap: { readonly reason: string; readonly cursor: string } };

interface Manners {
  /** Events of a poll. */
  readonly limit: number;
  /** Seconds. */
  readonly wait: number;
}

export class PollSubscription extends Subscription {
  protected override readonly silenceMs = STREAM_SILENCE_MS;
  readonly #manners: Manners;
  #lines = new Lines();
  /** Events of this poll. */
  #taken = 0;

  constructor(options: SubscriptionOptions) {
    super(options);
    this.#manners = options.random.pick([
      { limit: 50, wait: 2 },
      { limit: 200, wait: 5 },
      { limit: 1000, wait: 20 },
    ]);
  }

  protected override query(): Readonly<Record<string, string>> {
    const { limit, wait } = this.#manners;
    return { limit: String(limit), wait: `${wait}s` };
  }

  protected override open(request: Request, listener: Listener): Connection {
    this.#lines = new Lines();
    this.#taken = 0;
    return openHttpStream(this.options.port, request, 'application/x-ndjson', listener);
  }

  protected override opened(headers: IncomingHttpHeaders): void {
    const cursor = headers['carillon-cursor'];
    if (typeof cursor === 'string') this.resumeAt(cursor);
    else this.problems.push('a poll was not told where it begins');
  }

  protected override take(data: Buffer): void {
    for (const text of this.#lines.take(data)) {
      // A blank line says that the server is still there.
      if (text !== '') this.#takeLine(JSON.parse(text) as Line);
    }
  }

  /** The next poll follows at once. */
  protected override continues(): boolean {
    if (this.#lines.rest !== '')
      this.problems.push(`a poll ended within a line: ${this.#lines.rest}`);
    return true;
  }

  #takeLine(line: Line): void {
    if ('gap' in line) {
      this.gaps.push(line.gap.reason);
      this.resumeAt(line.gap.cursor);
      return;
    }
    if (++this.#taken > this.#manners.limit) {
      this.problems.push(`a poll for ${this.#manners.limit} events brought ${this.#taken}`);
    }
    const event = receivedEvent(line.data);
    this.receive(event);
    this.resumeAt(event.id);
  }
}
