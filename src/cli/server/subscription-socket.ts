/** The WebSocket of a subscription, with the headers of a request. */
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { retryAfterMs } from '../../client/backoff.ts';
import { ok, type Result } from '../../lib/result.ts';
import { refusalMessage } from './api.ts';
import { addressOf, elsewhere, isSameServer, redirectOf, unreachable } from './exchange.ts';
import { MAX_REDIRECTS, SUBSCRIBE_HANDSHAKE_TIMEOUT_MS } from './limits.ts';
import type { Headers } from './server.ts';

/** How long the connection may outlive the Close frame of the server. workerd keeps it open for ten seconds. */
const CLOSE_TIMEOUT_MS = 100;
const MAX_REFUSAL_CHARACTERS = 64 * 1024;
/** The header in which the server says why it will not send some events, or any. */
const WARNING_HEADER = 'carillon-warning';

export interface OpenSocket {
  readonly socket: WebSocket;
  readonly warning: string | undefined;
  /** The subprotocol that the server chose; undefined if it chose none. */
  readonly subprotocol: string | undefined;
}

/** Why there is no socket. */
export interface HandshakeFailure {
  readonly reason: 'unreachable' | 'refused';
  readonly message: string;
  /** The status of the server's answer; 0 if there was none. */
  readonly status: number;
  /** The wait that the server asks for before the next attempt. */
  readonly retryAfterMs: number;
  /** Node's code of the error of a connection that failed. */
  readonly code?: string | undefined;
}

type Opened = Result<OpenSocket, HandshakeFailure>;

interface Opening {
  /** Subprotocols, of which the server may choose one. */
  readonly offer?: string;
  readonly maxMessageBytes?: number;
  /** The setting that has the address, for the message that says that nobody answers there. */
  readonly setting?: string;
  /** Ends the handshake. */
  readonly signal?: AbortSignal;
}

// The types of `ws` do not have `closeTimeout` yet.
const OPTIONS: WebSocket.ClientOptions & { readonly closeTimeout: number } = {
  handshakeTimeout: SUBSCRIBE_HANDSHAKE_TIMEOUT_MS,
  closeTimeout: CLOSE_TIMEOUT_MS,
  perMessageDeflate: false,
};

/** A WebSocket for `subscribe` of the client, which cannot see the headers of the answer. */
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
 * Opens the WebSocket, paused. It follows a standby of Vault to the active node, with a 307 as Vault's own command does, but
 * never out of TLS. Other redirects are followed within the server only: another would be sent the token.
 */
export async function openSocket(
  url: URL,
  headers: Headers,
  opening: Opening = {},
): Promise<Opened> {
  let target = url;
  for (let redirects = 0; ; redirects++) {
    const answer = await shakeHands(target, headers, opening);
    if (!('location' in answer)) return answer;
    const { location: next, status } = answer;
    const isFollowed = status === 307 ? canBeActiveNode(target, next) : isSameServer(target, next);
    if (!isFollowed) {
      return refused(elsewhere(target, next, opening.setting), status);
    }
    if (redirects === MAX_REDIRECTS) {
      return refused(`too many redirects; the last led to ${next.href}`, status);
    }
    target = next;
  }
}

function canBeActiveNode(from: URL, to: URL): boolean {
  const address = addressOf(to);
  return (
    address.startsWith('https:') ||
    (address.startsWith('http:') && addressOf(from).startsWith('http:'))
  );
}

interface Redirect {
  readonly location: URL;
  readonly status: number;
}

function shakeHands(
  url: URL,
  headers: Headers,
  { offer, maxMessageBytes, setting, signal }: Opening,
): Promise<Opened | Redirect> {
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, {
      ...OPTIONS,
      ...(maxMessageBytes !== undefined && { maxPayload: maxMessageBytes }),
      headers: { ...headers, ...(offer !== undefined && { 'Sec-WebSocket-Protocol': offer }) },
    });
  } catch (error) {
    // The scheme of a redirect, for example.
    return Promise.resolve(
      refused(`cannot subscribe at ${url.href}: ${(error as Error).message}`, 307),
    );
  }
  return new Promise((settle) => {
    const abort = () => socket.terminate();
    const resolve = (answer: Opened | Redirect | Promise<Opened>) => {
      signal?.removeEventListener('abort', abort);
      settle(answer);
    };
    signal?.addEventListener('abort', abort);
    let warning: string | undefined;
    let subprotocol: string | undefined;
    socket.once('upgrade', (response) => {
      warning = warningOf(response);
      if (offer === undefined) return;
      // A server may choose no subprotocol (RFC 6455, section 4.2.2), which is an error to `ws`. So `ws` sees
      // neither the offer nor the answer.
      subprotocol = response.headers['sec-websocket-protocol'];
      delete response.headers['sec-websocket-protocol'];
    });
    socket.once('open', () => {
      // The first frame may arrive together with the 101.
      socket.pause();
      resolve(ok({ socket, warning, subprotocol }));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const message = unreachable(url, error, setting);
      const { code } = error;
      resolve({
        ok: false,
        failure: { reason: 'unreachable', message, status: 0, retryAfterMs: 0, code },
      });
    });
    socket.once('unexpected-response', (_request, response) => {
      const { statusCode: code = 0, headers: answered } = response;
      const location = redirectOf(code, answered.location, url);
      if (location === undefined) return resolve(readRefusal(url, response, setting));
      // Node would keep the connection for the next request, and so this process alive.
      response.socket.destroy();
      resolve({ location, status: code });
    });
    if (signal?.aborted) abort();
  });
}

function refused(message: string, status: number, waitMs = 0): Opened {
  return { ok: false, failure: { reason: 'refused', message, status, retryAfterMs: waitMs } };
}

/** The refusal of a handshake: the reason in its body, and the header that says more. */
async function readRefusal(
  url: URL,
  response: IncomingMessage,
  setting = 'VAULT_ADDR',
): Promise<Opened> {
  // At its end the response gives the connection back to the pool.
  const connection = response.socket;
  let body = '';
  try {
    for await (const text of response.setEncoding('utf8')) {
      if (body.length < MAX_REFUSAL_CHARACTERS) body += text;
    }
  } catch {
    // The connection broke. The status and the headers are there.
  }
  connection.destroy();
  const { statusCode = 0, headers } = response;
  const warning = warningOf(response);
  // What Carillon and Vault answer is JSON or plain text.
  const isOther = statusCode < 400 || (statusCode < 500 && /^\s*</.test(body));
  const message = isOther
    ? `${addressOf(url)} answered ${statusCode}, but not as Carillon or Vault do; is ${setting} the address of the server?`
    : refusalMessage(statusCode, body);
  return refused(
    warning === undefined ? message : `${message.replace(/\.$/, '')}: ${warning}`,
    statusCode,
    retryAfterMs(headers['retry-after'] ?? null),
  );
}

function warningOf({ headers }: IncomingMessage): string | undefined {
  return headers[WARNING_HEADER]?.toString();
}
