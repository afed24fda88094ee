/** One attempt to subscribe: a ticket, a connection, and what its end means. */

import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { Connection } from './connection.ts';
import { carillonDialect, type Listener } from './dialects.ts';
import { HANDSHAKE_FAILED, socketUrl, subscriptionUrl } from './handshake.ts';
import { type Address, invalid, type SubscriptionOptions, timeoutOf } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { RequestFailure } from './request.ts';
import { canPing, type SocketRuntime, type WebSocketLike } from './runtime.ts';
import { refusalIn } from './seen-refusal.ts';
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
  /** Called if the handshake fails without a reason. @returns whether to ask the server why */
  readonly asksWhy: () => boolean;
  /** Ends the attempt. Its outcome is of no interest then. */
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

/** @throws CarillonError `invalid` if the platform refuses the URL */
export async function attempt(attempted: Attempt): Promise<Outcome> {
  const { server, credentials, pattern, options, since, asksWhy, signal } = attempted;
  const limits = { timeoutMs: timeoutOf(options), signal };
  const ticket = await credentials.ticket(limits);
  if (!ticket.ok) return ticket.failure;
  const subscription = subscriptionUrl(server, pattern, options, since);
  const outcome = await connect(attempted, socketUrl(subscription, ticket.value));
  if (outcome !== 'unexplained') return outcome;
  const asks = asksWhy() || credentials.isRefusalFree;
  return asks ? credentials.refusal(subscription, limits) : HANDSHAKE_FAILED;
}

/** @returns what the end of the connection means, or that it never opened and the platform does not say why */
async function connect(attempted: Attempt, url: string): Promise<Outcome | 'unexplained'> {
  const { runtime, options, credentials, codec, signal, listener } = attempted;
  if (signal.aborted) return outcomeOf({ kind: 'left', reason: '' });
  const socket = openSocket(runtime, url, codec.subprotocol);
  let refusal: Promise<RequestFailure> | undefined;
  if (canPing(socket)) {
    socket.on('unexpected-response', (_request, response) => {
      refusal = refusalIn(response, new URL(url), credentials.byTicket);
      // `ws` leaves the connection to whoever listens.
      void refusal.then(() => socket.terminate());
    });
  }
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
  if (refusal !== undefined) return refusal;
  return opened || end.kind !== 'closed' ? outcomeOf(end) : 'unexplained';
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
