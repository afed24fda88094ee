/**
 * Requests as they are written, since `fetch` folds dot segments, joins repeated headers, and does not
 * let go of `Connection` and `Upgrade`.
 */
import { type IncomingMessage, request as plain } from 'node:http';
import { request as tls } from 'node:https';
import { type Answer, host, target } from './target.ts';

const TIMEOUT_MS = 20_000;

export type Header = readonly [name: string, value: string];

export interface RawRequest {
  readonly method?: string;
  /** Sent as it stands. */
  readonly path: string;
  /** Sent besides `Host`, and nothing else is; a name that stands here twice is sent twice. */
  readonly headers?: readonly Header[];
  readonly body?: string;
}

/** The headers of a handshake that nothing is wrong with. */
export const HANDSHAKE: Readonly<Record<string, string>> = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

export const TOKEN: Header = ['X-Vault-Token', target.token];

/** Sends the request on a connection of its own; the answer to an accepted handshake has no body. */
export function rawRequest({
  method = 'GET',
  path,
  headers = [],
  body,
}: RawRequest): Promise<Answer> {
  const { protocol, hostname, port } = new URL(target.address);
  const request = (protocol === 'https:' ? tls : plain)({
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    method,
    path,
    agent: false,
    setHost: false,
    timeout: TIMEOUT_MS,
  });
  request.setHeader('Host', host);
  request.removeHeader('Connection');
  for (const [name, values] of Map.groupBy(headers, ([name]) => name)) {
    request.setHeader(
      name,
      values.map(([, value]) => value),
    );
  }
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('timeout', () => {
      request.destroy(new Error(`${method} ${path}: no answer within ${TIMEOUT_MS} ms`));
    });
    request.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body: '' });
    });
    request.once('response', (response) => {
      bodyOf(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body });
      }, reject);
    });
    request.end(body);
  });
}

/** A handshake with the root token; a header given as null is left out. */
export function handshake(
  path: string,
  changed: Readonly<Record<string, string | null>> = {},
  method?: string,
): Promise<Answer> {
  const headers = Object.entries({ 'X-Vault-Token': target.token, ...HANDSHAKE, ...changed });
  return rawRequest({
    path,
    ...(method && { method }),
    headers: headers.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  });
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const text of response.setEncoding('utf8')) body += text;
  return body;
}
