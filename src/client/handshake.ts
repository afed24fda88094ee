/** Before the WebSocket: the URL of the subscription, a ticket for it, and why a handshake was refused. */
import { isJsonObject } from '../lib/json.ts';
import { ok, type Result } from '../lib/result.ts';
import { CarillonError } from './errors.ts';
import type { Address, Server, SubscriptionOptions } from './options.ts';
import {
  apiUrl,
  type Caller,
  isForbidden,
  type RequestFailure,
  type RequestLimits,
  request,
} from './request.ts';
import type { Runtime } from './runtime.ts';

/** The HTTP URL of a subscription. */
export function subscriptionUrl(
  server: Address,
  pattern: string,
  { filter, namespaces = [] }: Pick<SubscriptionOptions, 'filter' | 'namespaces'>,
  since: string | undefined,
): URL {
  const url = apiUrl(server, `sys/events/subscribe/${pattern.trim()}`);
  if (filter !== undefined) url.searchParams.set('filter', filter);
  for (const namespace of namespaces) url.searchParams.append('namespaces', namespace);
  if (since !== undefined) url.searchParams.set('since', since);
  return url;
}

/** @param ticket undefined for a handshake with a lease */
export function socketUrl(subscription: URL, ticket: string | undefined): string {
  const url = ticket === undefined ? new URL(subscription) : withTicket(subscription, ticket);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

export function withTicket(subscription: URL, ticket: string): URL {
  const url = new URL(subscription);
  url.searchParams.set('ticket', ticket);
  return url;
}

type Ticket = Result<string, RequestFailure>;

/** Requests a ticket, which stands for the token in one handshake, so that the URL does not contain the token. */
export function requestTicket(
  runtime: Runtime,
  server: Server,
  limits: RequestLimits,
): Promise<Ticket> {
  const send = (namespace: string) => requestTicketIn(runtime, { ...server, namespace }, limits);
  return requestInOrAbove(
    server.namespace,
    send,
    (ticket) => !ticket.ok && isForbidden(ticket.failure),
  );
}

/**
 * Sends a request in a namespace and, as long as it is forbidden, in those above it: the right to request a ticket is
 * usually granted only in the namespace of the token, which may be above that of the subscription.
 *
 * @returns the answer of the nearest namespace that does not forbid it, or else that of the namespace itself
 */
export async function requestInOrAbove<Answer>(
  namespace: string,
  send: (namespace: string) => Promise<Answer>,
  isForbidden: (answer: Answer) => boolean,
): Promise<Answer> {
  const first = await send(namespace);
  let answer = first;
  for (let above = namespace; above !== '' && isForbidden(answer); ) {
    above = above.slice(0, Math.max(0, above.lastIndexOf('/')));
    answer = await send(above);
  }
  return isForbidden(answer) ? first : answer;
}

async function requestTicketIn(
  runtime: Runtime,
  server: Server,
  limits: RequestLimits,
): Promise<Ticket> {
  const url = apiUrl(server, 'sys/events/ticket');
  const { body, failure } = await request(runtime, server, { method: 'POST', url, ...limits });
  if (failure !== undefined) return { ok: false, failure };
  const ticket = isJsonObject(body.data) ? body.data.ticket : undefined;
  if (typeof ticket === 'string' && ticket !== '') return ok(ticket);
  const message = `${url.origin} answered without a ticket; is it the address of a Carillon server?`;
  const error = new CarillonError('protocol', message);
  return { ok: false, failure: { retryable: false, error } };
}

/** A handshake failed, and nobody says why. */
export const HANDSHAKE_FAILED: RequestFailure = {
  retryable: true,
  message: 'the WebSocket handshake failed',
  waitMs: 0,
};

/**
 * Asks why a handshake was refused. A browser does not show a program the answer to a handshake. A plain request for
 * the same subscription passes the same checks, and is refused for the same reason. If it is granted, the reason
 * has passed.
 *
 * @param caller has a token, or the URL of the subscription has a ticket
 */
export async function refusalOf(
  runtime: Runtime,
  caller: Caller,
  subscription: URL,
  limits: RequestLimits,
): Promise<RequestFailure> {
  const url = new URL(subscription);
  // The answer matters, and not its events: at most one, after the shortest wait.
  url.searchParams.set('limit', '1');
  url.searchParams.set('wait', '1s');
  const headers = { Accept: 'application/x-ndjson' };
  const { status, failure } = await request(runtime, caller, {
    method: 'GET',
    url,
    headers,
    ...limits,
  });
  return failure === undefined || status === 426 ? HANDSHAKE_FAILED : failure;
}
