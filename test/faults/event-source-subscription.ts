/** Server-sent events: the id of each one is where to resume, and the server says how long to wait before that. */
import type { Connection, Listener, Request } from './connection.ts';
import { openHttpStream } from './http-stream.ts';
import { Lines } from './lines.ts';
import { type ServerSentEvent, ServerSentEvents } from './server-sent-events.ts';
import { type EventReceived, receivedEvent } from './stock-subscription.ts';
import { type Place, STREAM_SILENCE_MS, Subscription } from './subscription.ts';

export class EventSourceSubscription extends Subscription {
  protected override readonly silenceMs = STREAM_SILENCE_MS;
  #lines = new Lines();
  #events = new ServerSentEvents();

  /**
   * An EventSource that reconnects by itself keeps its URL, and names the last id in a header, which has precedence.
   * With tickets, a page makes a new EventSource with a new URL.
   */
  protected override place(since: string): Place {
    const { first } = this;
    if (this.options.access === 'ticket' || since === first) return { query: { since } };
    return {
      query: first === undefined ? {} : { since: first },
      headers: { 'Last-Event-ID': since },
    };
  }

  protected override open(request: Request, listener: Listener): Connection {
    this.#lines = new Lines();
    this.#events = new ServerSentEvents();
    return openHttpStream(this.options.port, request, 'text/event-stream', listener);
  }

  protected override take(data: Buffer): void {
    for (const line of this.#lines.take(data)) {
      const event = this.#events.take(line);
      if (event !== undefined) this.#takeEvent(event);
    }
  }

  protected override continues(): boolean {
    if (this.#lines.rest !== '')
      this.problems.push(`a stream ended within a line: ${this.#lines.rest}`);
    return false;
  }

  protected override closed(): void {
    // How long to wait is what an EventSource was told, however the stream ended.
    if (this.#events.retryMs !== undefined) this.comeBackAfter(this.#events.retryMs);
  }

  #takeEvent({ type, data, lastEventId, hasOwnId }: ServerSentEvent): void {
    if (lastEventId === undefined || !hasOwnId) {
      this.problems.push(`a server-sent event has no id: ${type} ${data}`);
      return;
    }
    if (type === 'message') {
      this.receive(receivedEvent((JSON.parse(data) as { data: EventReceived }).data), lastEventId);
    } else if (type === 'gap') {
      this.gaps.push((JSON.parse(data) as { reason: string }).reason);
    } else if (type === 'hello') {
      const { resumed } = JSON.parse(data) as { resumed: boolean };
      if (!resumed) this.gaps.push('at hello: the stream did not resume');
    } else {
      this.problems.push(`a server-sent event has an unknown name: ${type}`);
    }
    this.resumeAt(lastEventId);
  }
}
