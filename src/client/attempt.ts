/** One attempt to subscribe: a ticket, a connection, and what its end means. */

import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { Connection } from './connection.ts';
import { carillonDialect, type Listener } from './dialects.ts';
import type { End } from './end.ts';
import { socketUrl, subscriptionUrl } from './handshake.ts';
import { type Address, invalid, type SubscriptionOptions, timeoutOf } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { SocketRuntime, WebSocketLike } from './runtime.ts';
import { withoutTickets } from './ticket-form.ts';
import type { Credentials } from './tickets.ts';

interface Attempt {
  readonly runtime: SocketRuntime;
  readonly server: Address;
  readonly credentials: Credentials;
  readonly pattern: string;
  readonly options: SubscriptionOptions;
  readonly codec: ClientCodec;
  readonly since: string | undefined;
  /** Ends the attempt. Its outcome is of no interest then. */
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

/** @throws CarillonError `invalid` if the platform refuses the URL */
export async function attempt(attempted: Attempt): Promise<Outcome> {
  const { server, credentials, pattern, options, since, signal } = attempted;
  const limits = { timeoutMs: timeoutOf(options), signal };
  const ticket = await credentials.ticket(limits);
  if (!ticket.ok) return ticket.failure;
  const subscription = subscriptionUrl(server, pattern, options, since);
  const end = await connect(attempted, socketUrl(subscription, ticket.value));
  return end === 'refused' ? credentials.refusal(subscription, limits) : outcomeOf(end);
}

/** @returns how the connection ended, or that it never opened. No platform says why. */
async function connect(attempted: Attempt, url: string): Promise<End | 'refused'> {
  const { runtime, options, codec, signal, listener } = attempted;
  if (signal.aborted) return { kind: 'left', reason: '' };
  const socket = openSocket(runtime, url, codec.subprotocol);
  let opened = false;
  socket.addEventListener('open', () => {
    opened = true;
  });
  const dialect = carillonDialect(codec, timeoutOf(options), listener);
  const connection = new Connection(runtime, socket, dialect);
  const abort = () => connection.leave('');
  signal.addEventListener('abort', abort);
  const end = await connection.ended;
  signal.removeEventListener('abort', abort);
  return opened || end.kind !== 'closed' ? end : 'refused';
}

/** A page of https may not open a WebSocket of ws: the constructor throws, and may name the URL with its ticket. */
function openSocket({ WebSocket }: SocketRuntime, url: string, subprotocol: string): WebSocketLike {
  try {
    return new WebSocket(url, [subprotocol]);
  } catch (error) {
    const reason = withoutTickets(error instanceof Error ? error.message : String(error));
    throw invalid(`the platform opens no WebSocket to ${new URL(url).origin}: ${reason}`);
  }
}
