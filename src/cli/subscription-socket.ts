/** The WebSocket of a subscription. */
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { retryAfterMs } from '../client/backoff.ts';
import { refusal, type Server, unreachable } from './server.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/**
 * How long the connection may outlive the server's Close frame, which says all there is to say: workerd
 * leaves one that it has closed open for ten seconds.
 */
const CLOSE_TIMEOUT_MS = 100;
/** A standby of Vault sends a subscriber on to the active node. */
const MAX_REDIRECTS = 10;
const MAX_REFUSAL_BYTES = 64 * 1024;
/** In which the server says why some or all events that one might expect will not come. */
const WARNING_HEADER = 'carillon-warning';

export interface OpenSocket {
  readonly socket: WebSocket;
  readonly warning: string | undefined;
  /** The one of the subprotocols on offer that the server chose; undefined where it chose none. */
  readonly subprotocol: string | undefined;
}

/** Why there is no socket. */
export interface Refused {
  /** In a sentence. */
  readonly message: string;
  /** Of the server's answer; 0 where there was none. */
  readonly status: number;
  /** What the server asks to wait before another attempt. */
  readonly retryAfterMs: number;
  /** What Node calls the failure of a connection that was not made. */
  readonly code?: string | undefined;
}

interface Opening {
  /** Subprotocols, of which the server may choose one. */
  readonly offer?: string;
  readonly maxMessageBytes?: number;
  /** The setting that has the address, for the sentence that says that nobody answers there. */
  readonly setting?: string;
  /** Breaks it off. */
  readonly signal?: AbortSignal;
}

// The types of `ws` do not have `closeTimeout` yet.
const OPTIONS: WebSocket.ClientOptions & { readonly closeTimeout: number } = {
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  closeTimeout: CLOSE_TIMEOUT_MS,
  perMessageDeflate: false,
};

/** A WebSocket for the client of `src/client`, which cannot see the headers of an answer by itself. */
export function socketThatWarns(warn: (warning: string) => void) {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, OPTIONS);
      this.once('upgrade', (response) => {
        const warning = warningOf(response);
        if (warning !== undefined) warn(warning);
      });
    }
  };
}

/**
 * Opens the WebSocket, paused until somebody listens, or says why not.
 *
 * @param headers made anew for each attempt: Vault Proxy adds to the same ones, until a server answers 431
 */
export function openSocket(
  url: URL,
  headers: Server['headers'],
  opening: Opening = {},
  redirects = 0,
): Promise<OpenSocket | Refused> {
  const { offer, maxMessageBytes, setting, signal } = opening;
  return new Promise((settle) => {
    const breakOff = () => socket.terminate();
    const resolve = (outcome: OpenSocket | Refused | Promise<OpenSocket | Refused>) => {
      signal?.removeEventListener('abort', breakOff);
      settle(outcome);
    };
    let socket: WebSocket;
    let warning: string | undefined;
    let subprotocol: string | undefined;
    try {
      socket = new WebSocket(url, {
        ...OPTIONS,
        ...(maxMessageBytes !== undefined && { maxPayload: maxMessageBytes }),
        headers: { ...headers, ...(offer !== undefined && { 'Sec-WebSocket-Protocol': offer }) },
      });
    } catch (error) {
      const reason = `cannot subscribe at ${url.href}: ${(error as Error).message}`;
      resolve(lasting(reason, redirects > 0 ? 307 : 0));
      return;
    }
    signal?.addEventListener('abort', breakOff);
    socket.once('upgrade', (response) => {
      warning = warningOf(response);
      if (offer === undefined) return;
      // A server may choose none of them (RFC 6455, section 4.2.2), which `ws` takes for a failure; so
      // it knows nothing of the offer, nor of the answer.
      subprotocol = response.headers['sec-websocket-protocol'];
      delete response.headers['sec-websocket-protocol'];
    });
    socket.once('open', () => {
      // The first frame may have come in the packet of the 101.
      socket.pause();
      resolve({ socket, warning, subprotocol });
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve({
        message: unreachable(url, error, setting),
        status: 0,
        retryAfterMs: 0,
        code: error.code,
      }),
    );
    socket.once('unexpected-response', (_request, response) => {
      const { location } = response.headers;
      if (
        response.statusCode !== 307 ||
        location === undefined ||
        !URL.canParse(location, url.href)
      ) {
        resolve(readRefusal(response));
        return;
      }
      // Left alone, it would be kept for a next request, and this process with it.
      response.socket.destroy();
      const next = new URL(location, url);
      if (redirects === MAX_REDIRECTS) {
        resolve(lasting(`too many redirects; the last led to ${location}`, 307));
      } else if (isSecure(url) && !isSecure(next)) {
        resolve(
          lasting(
            `${url.origin} redirects to ${next.origin}: the token would go in the clear`,
            307,
          ),
        );
      } else {
        resolve(openSocket(next, headers, opening, redirects + 1));
      }
    });
    if (signal?.aborted) breakOff();
  });
}

function isSecure({ protocol }: URL): boolean {
  return protocol === 'wss:' || protocol === 'https:';
}

function lasting(message: string, status: number): Refused {
  return { message, status, retryAfterMs: 0 };
}

/** The refusal of a handshake, in the words of its body, and of the header that says more. */
function readRefusal(response: IncomingMessage): Promise<Refused> {
  return new Promise((resolve) => {
    // At the end of the response it is not there any more, but kept for a next request.
    const connection = response.socket;
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      if (body.length < MAX_REFUSAL_BYTES) body += text;
    });
    const end = () => {
      connection.destroy();
      const status = response.statusCode ?? 0;
      const warning = warningOf(response);
      const reason = refusal(status, body);
      resolve({
        message: warning === undefined ? reason : `${reason}: ${warning}`,
        status,
        retryAfterMs: retryAfterMs(response.headers['retry-after'] ?? null),
      });
    };
    response.once('end', end).once('error', end).once('close', end);
  });
}

function warningOf({ headers }: IncomingMessage): string | undefined {
  return headers[WARNING_HEADER]?.toString();
}
