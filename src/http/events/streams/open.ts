/** Streams: subscriptions without a WebSocket. The Worker opens one at the hub and passes on what it receives. */
import { RETRY_AFTER_SECONDS } from '../../limits.ts';
import { refuse } from '../../respond.ts';
import { setWarnings } from '../../warning-header.ts';
import type { Hello } from './format.ts';
import type { StreamRequest } from './request.ts';
import { streamSlots } from './slots.ts';
import { Relay } from './stream.ts';

/** The header with the position at which a stream begins: a poll that received no event resumes there. */
export const CURSOR_HEADER = 'Carillon-Cursor';

export interface Opening {
  /** Whose share of the streams it uses. */
  readonly owner: string;
  /** Aborted when the client has disconnected. */
  readonly signal: AbortSignal;
  /** Subscribes at the hub: 101, or a refusal. */
  connect(): Promise<Response>;
  /** Those of the Worker. The hub may have one of its own. */
  readonly warnings: readonly string[];
}

export async function openStream(
  request: StreamRequest,
  { owner, signal, connect, warnings }: Opening,
): Promise<Response> {
  const reserved = await streamSlots.reserve(owner);
  if (!reserved.ok) return refuse({ reason: 'unavailable', message: reserved.failure.message });
  const slot = reserved.value;
  const handshake = await connect().catch((error: unknown) => {
    slot.release();
    throw error;
  });
  if (handshake.webSocket === null) {
    slot.release();
    return handshake;
  }
  const relay = new Relay(handshake.webSocket, request, slot);
  // The runtime only cancels the body when something is written to it.
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
  // Random, so that clients which lost their streams together do not reconnect together.
  const spreadMs = Math.max(RETRY_AFTER_SECONDS * 1000, hello.spread_ms ?? 0);
  const retryMs = Math.round(RETRY_AFTER_SECONDS * 1000 + Math.random() * spreadMs);
  headers.set('Content-Type', format.contentType);
  // A proxy that compresses a stream may hold it back.
  headers.set('Cache-Control', 'no-store, no-transform');
  // nginx and similar proxies would otherwise buffer some kilobytes.
  headers.set('X-Accel-Buffering', 'no');
  return new Response(relay.body(format.start(hello, retryMs)), { headers });
}

/** The hub's 101 says where the subscription begins. */
function headersOf(handshake: Response, hello: Hello, warnings: readonly string[]): Headers {
  const headers = new Headers({ [CURSOR_HEADER]: hello.cursor });
  const begins = handshake.headers.get('last-event-id');
  if (begins !== null) headers.set('Last-Event-ID', begins);
  setWarnings(headers, warnings, handshake);
  return headers;
}
