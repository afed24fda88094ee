/** What a stream of events looks like: server-sent events, or a line of JSON for each. Pure. */
import type { Gap, ServerMessage } from '../../../wire/carillon-v1/messages.ts';

/** How a hub greets. */
export type Hello = Extract<ServerMessage, { type: 'hello' }>;

/** An event on its way into a stream. */
export interface StreamedEvent {
  /** The place after it. */
  readonly cursor: string;
  /** The stock JSON frame, its newline included. */
  readonly frame: string;
}

export interface StreamFormat {
  readonly contentType: string;
  /**
   * What comes first.
   *
   * @param retryMs how long a client that loses the stream waits before it comes back
   */
  start(hello: Hello, retryMs: number): string;
  event(event: StreamedEvent): string;
  gap(gap: Gap, cursor: string): string;
  /** What a client skips. */
  readonly ping: string;
  /** What comes last. @param retryMs how long to wait before coming back */
  end(retryMs: number): string;
}

/** EventSource tells its page the place of an event alone: so the start is one, of a name of its own. */
export const SSE: StreamFormat = {
  contentType: 'text/event-stream',
  start: ({ cursor, resumed, gap }, retryMs) =>
    `retry: ${retryMs}\nid: ${cursor}\nevent: hello\ndata: ${JSON.stringify({ resumed })}\n\n${
      gap === undefined ? '' : SSE.gap(gap, cursor)
    }`,
  event: ({ cursor, frame }) => `id: ${cursor}\ndata: ${frame}\n`,
  gap: ({ reason }, cursor) => `id: ${cursor}\nevent: gap\ndata: ${JSON.stringify({ reason })}\n\n`,
  ping: ':\n\n',
  end: (retryMs) => `retry: ${retryMs}\n\n`,
};

/** The frames and nothing else, but where there is a gap: that is never kept quiet about. */
export const NDJSON: StreamFormat = {
  contentType: 'application/x-ndjson',
  start: ({ cursor, gap }) => (gap === undefined ? '' : NDJSON.gap(gap, cursor)),
  event: ({ frame }) => frame,
  gap: ({ reason }, cursor) => `${JSON.stringify({ gap: { reason, cursor } })}\n`,
  ping: '\n',
  end: () => '',
};
