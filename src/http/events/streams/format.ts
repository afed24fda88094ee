/** The formats of a stream: server-sent events, or a line of JSON for each event. Pure. */
import type { Gap, ServerMessage } from '../../../wire/carillon-v1/messages.ts';

/** The first message of a hub. */
export type Hello = Extract<ServerMessage, { type: 'hello' }>;

interface StreamedEvent {
  /** The position after the event. */
  readonly cursor: string;
  /** The stock JSON frame, with its newline. */
  readonly frame: string;
}

export interface StreamFormat {
  readonly contentType: string;
  /**
   * The beginning of the stream.
   *
   * @param retryMs how long a client waits before it reconnects
   */
  start(hello: Hello, retryMs: number): string;
  event(event: StreamedEvent): string;
  gap(gap: Gap, cursor: string): string;
  /** Clients ignore it. */
  readonly ping: string;
  /** The end of the stream. @param retryMs how long a client waits before it reconnects */
  end(retryMs: number): string;
}

/** EventSource only gives a page the position of an event. So the start is an event too, with a name of its own. */
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

/** The frames, and a line for each gap: a gap is always reported. */
export const NDJSON: StreamFormat = {
  contentType: 'application/x-ndjson',
  start: ({ cursor, gap }) => (gap === undefined ? '' : NDJSON.gap(gap, cursor)),
  event: ({ frame }) => frame,
  gap: ({ reason }, cursor) => `${JSON.stringify({ gap: { reason, cursor } })}\n`,
  ping: '\n',
  end: () => '',
};
