/** The WebSocket of a subscription. */
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
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

interface OpenSocket {
  readonly socket: WebSocket;
  readonly warning: string | undefined;
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

/** Opens the WebSocket, paused until somebody listens, or says in a sentence why not. */
export function openSocket(url: URL, server: Server, redirects = 0): Promise<OpenSocket | string> {
  return new Promise((resolve) => {
    let socket: WebSocket;
    let warning: string | undefined;
    try {
      socket = new WebSocket(url, { ...OPTIONS, headers: server.headers });
    } catch (error) {
      resolve(`cannot subscribe at ${url.href}: ${(error as Error).message}`);
      return;
    }
    socket.once('upgrade', (response) => {
      warning = warningOf(response);
    });
    socket.once('open', () => {
      // The first frame may have come in the packet of the 101.
      socket.pause();
      resolve({ socket, warning });
    });
    socket.once('error', (error) => resolve(unreachable(url, error)));
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
      resolve(
        redirects === MAX_REDIRECTS
          ? `too many redirects; the last led to ${location}`
          : openSocket(new URL(location, url), server, redirects + 1),
      );
    });
  });
}

/** The refusal of a handshake, in the words of its body, and of the header that says more. */
function readRefusal(response: IncomingMessage): Promise<string> {
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
      const warning = warningOf(response);
      const reason = refusal(response.statusCode ?? 0, body);
      resolve(warning === undefined ? reason : `${reason}: ${warning}`);
    };
    response.once('end', end).once('error', end).once('close', end);
  });
}

function warningOf({ headers }: IncomingMessage): string | undefined {
  return headers[WARNING_HEADER]?.toString();
}
