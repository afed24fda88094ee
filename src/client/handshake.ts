/** The way to a WebSocket: the URL of the subscription, a ticket for it, and why it was refused. */
import { isJsonObject } from '../lib/json.ts';
import { CarillonError } from './errors.ts';
import type { Server, SubscribeOptions } from './options.ts';
import { apiUrl, request, type Trouble } from './request.ts';
import type { Runtime } from './runtime.ts';

/** The URL of a subscription, by http. */
export function subscriptionUrl(
  server: Server,
  pattern: string,
  { filter, namespaces = [] }: SubscribeOptions,
  since: string | undefined,
): URL {
  const url = apiUrl(server, `sys/events/subscribe/${pattern.trim()}`);
  if (filter !== undefined) url.searchParams.set('filter', filter);
  for (const namespace of namespaces) url.searchParams.append('namespaces', namespace);
  if (since !== undefined) url.searchParams.set('since', since);
  return url;
}

export function socketUrl(subscription: URL, ticket: string): string {
  const url = new URL(subscription);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('ticket', ticket);
  return url.href;
}

interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * A ticket stands for the token in one handshake, so that the token stands in no URL. The right to ask for
 * one is usually granted in the namespace of the token alone, which may be above that of the subscription.
 */
export async function requestTicket(
  runtime: Runtime,
  server: Server,
  limits: Limits,
): Promise<string | Trouble> {
  const answer = await requestTicketIn(runtime, server, limits);
  for (let { namespace } = server; namespace !== '' && isForbidden(answer); ) {
    namespace = namespace.slice(0, Math.max(0, namespace.lastIndexOf('/')));
    const above = await requestTicketIn(runtime, { ...server, namespace }, limits);
    if (!isForbidden(above)) return above;
  }
  return answer;
}

function isForbidden(answer: string | Trouble): boolean {
  return typeof answer !== 'string' && !answer.passes && answer.error.code === 'forbidden';
}

async function requestTicketIn(
  runtime: Runtime,
  server: Server,
  limits: Limits,
): Promise<string | Trouble> {
  const url = apiUrl(server, 'sys/events/ticket');
  const { body, trouble } = await request(runtime, server, { method: 'POST', url, ...limits });
  if (trouble !== undefined) return trouble;
  const ticket = isJsonObject(body.data) ? body.data.ticket : undefined;
  if (typeof ticket === 'string' && ticket !== '') return ticket;
  const message = `${url.origin} answered without a ticket; is it the address of a Carillon server?`;
  return { passes: false, error: new CarillonError('protocol', message) };
}

/**
 * Why a handshake failed. No platform shows a program the server's answer to one; but a plain request for
 * the same passes the same checks, and is refused for the same reason. One that would have been granted
 * says that the reason has passed.
 */
export async function refusalOf(
  runtime: Runtime,
  server: Server,
  subscription: URL,
  limits: Limits,
): Promise<Trouble> {
  const url = new URL(subscription);
  // Events are not what is asked for: one at most, and as little waiting as there is.
  url.searchParams.set('limit', '1');
  url.searchParams.set('wait', '1s');
  const headers = { Accept: 'application/x-ndjson' };
  const { status, trouble } = await request(runtime, server, {
    method: 'GET',
    url,
    headers,
    ...limits,
  });
  return trouble === undefined || status === 426
    ? { passes: true, message: 'the WebSocket handshake failed', waitMs: 0 }
    : trouble;
}
