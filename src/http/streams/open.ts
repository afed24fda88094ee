/**
 * Streams: a subscription without a WebSocket. The Worker subscribes at the hub by one of its own and
 * passes on what comes.
 */
import { MAX_STREAMS, RETRY_AFTER_SECONDS } from '../../limits.ts';
import { refuse } from '../answer.ts';
import { setWarnings } from '../warnings.ts';
import type { Hello } from './format.ts';
import { takePlace } from './places.ts';
import { Relay } from './relay.ts';
import type { StreamRequest } from './request.ts';

/** Where a stream begins: what a poll that brought nothing comes back to. */
export const CURSOR_HEADER = 'Carillon-Cursor';

/**
 * Answers with a stream.
 *
 * @param connect subscribes at the hub: 101, or the refusal
 * @param warnings of the Worker; the hub may have one of its own
 */
export async function openStream(
  request: StreamRequest,
  connect: () => Promise<Response>,
  warnings: readonly string[],
): Promise<Response> {
  const release = takePlace(Date.now());
  if (release === undefined) {
    return refuse({
      reason: 'unavailable',
      message: `there are ${MAX_STREAMS} streams here already, as many as are allowed; try again`,
    });
  }
  const handshake = await connect();
  if (handshake.webSocket === null) {
    release();
    return handshake;
  }
  const relay = new Relay(handshake.webSocket, request, release);
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
