/**
 * Streams: a subscription without a WebSocket. The Worker subscribes at the hub by one of its own and
 * passes on what comes.
 */
import { RETRY_AFTER_SECONDS } from '../../limits.ts';
import { refuse } from '../../respond.ts';
import { setWarnings } from '../../warning-header.ts';
import type { Hello } from './format.ts';
import { Relay } from './relay.ts';
import type { StreamRequest } from './request.ts';
import { takePlace } from './slots.ts';

/** Where a stream begins: what a poll that brought nothing comes back to. */
export const CURSOR_HEADER = 'Carillon-Cursor';

/** Who opens a stream, and how. */
export interface Opening {
  /** Whose share of the streams it counts for. */
  readonly owner: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Subscribes at the hub: 101, or the refusal. */
  connect(): Promise<Response>;
  /** Of the Worker; the hub may have one of its own. */
  readonly warnings: readonly string[];
}

/** Answers with a stream. */
export async function openStream(
  request: StreamRequest,
  { owner, signal, connect, warnings }: Opening,
): Promise<Response> {
  const taken = await takePlace(owner);
  if (!taken.ok) return refuse({ reason: 'unavailable', message: taken.failure.message });
  const place = taken.value;
  const handshake = await connect().catch((error: unknown) => {
    place.release();
    throw error;
  });
  if (handshake.webSocket === null) {
    place.release();
    return handshake;
  }
  const relay = new Relay(handshake.webSocket, request, place);
  // The body is canceled only when something is written to it.
  const leave = () => relay.end();
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  const hello = await relay.hello();
  return hello === undefined
    ? refuse({ reason: 'unavailable', message: 'the hub of this event type ended it; try again' })
    : streamOf(relay, hello, request, headersOf(handshake, hello, warnings));
}

function streamOf(
  relay: Relay,
  hello: Hello,
  { format }: StreamRequest,
  headers: Headers,
): Response {
  // Spread over twice the time, lest everybody who lost a stream comes back at once.
  const retryMs = Math.round(RETRY_AFTER_SECONDS * 1000 * (1 + Math.random()));
  headers.set('Content-Type', format.contentType);
  // What compresses a stream may hold it back.
  headers.set('Cache-Control', 'no-store, no-transform');
  // nginx, and what has its ways, would collect some kilobytes before it passes anything on.
  headers.set('X-Accel-Buffering', 'no');
  return new Response(relay.body(format.start(hello, retryMs)), { headers });
}

/** What the hub says in its 101 of where the subscription begins. */
function headersOf(handshake: Response, hello: Hello, warnings: readonly string[]): Headers {
  const headers = new Headers({ [CURSOR_HEADER]: hello.cursor });
  const begins = handshake.headers.get('last-event-id');
  if (begins !== null) headers.set('Last-Event-ID', begins);
  setWarnings(headers, warnings, handshake);
  return headers;
}
