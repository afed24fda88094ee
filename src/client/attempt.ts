/** One attempt to subscribe: a lease or a ticket, a connection, and what its end means. */

import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { Connection } from './connection.ts';
import { carillonDialect, type Listener } from './dialects.ts';
import { HANDSHAKE_FAILED, socketUrl, subscriptionUrl } from './handshake.ts';
import { type Address, invalid, type SubscriptionOptions, timeoutOf } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { isForbidden, type RequestFailure } from './request.ts';
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
  /** Sent in place of a ticket. */
  readonly lease: string | undefined;
  /** Called if the handshake with the lease fails without a reason. */
  readonly leaseFailed: () => void;
  /** Called if the server answers that it does not take the lease. */
  readonly leaseRefused: () => void;
  /** Called if the handshake fails without a reason. @returns whether to ask the server why */
  readonly asksWhy: () => boolean;
  /** Ends the attempt. Its outcome is of no interest then. */
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

/** What the end of a connection means, or that it never opened and the platform does not say why. */
type AttemptEnd = Outcome | 'unexplained';

/** @throws CarillonError `invalid` if the platform refuses the URL */
export async function attempt(attempted: Attempt): Promise<Outcome> {
  const { server, credentials, pattern, options, since, asksWhy, signal } = attempted;
  const limits = { timeoutMs: timeoutOf(options), signal };
  const subscription = subscriptionUrl(server, pattern, options, since);
  let outcome = await resume(attempted, subscription);
  if (outcome === undefined) {
    const ticket = await credentials.ticket(limits);
    if (!ticket.ok) return ticket.failure;
    outcome = await connect(attempted, socketUrl(subscription, ticket.value));
  }
  if (outcome !== 'unexplained') return outcome;
  const asks = asksWhy() || credentials.isRefusalFree;
  return asks ? credentials.refusal(subscription, limits) : HANDSHAKE_FAILED;
}

/** @returns undefined if there is no lease, or the server answered that it does not take it */
async function resume(attempted: Attempt, subscription: URL): Promise<AttemptEnd | undefined> {
  const { lease, leaseFailed, leaseRefused } = attempted;
  if (lease === undefined) return undefined;
  const outcome = await connect(attempted, socketUrl(subscription, undefined), lease);
  // Perhaps the server is overloaded. So nothing else is requested before the next attempt.
  if (outcome === 'unexplained') leaseFailed();
  else if (isForbidden(outcome)) {
    // The server does not take the lease, or refuses the token: with a ticket it says which.
    leaseRefused();
    return undefined;
  }
  return outcome;
}

async function connect(attempted: Attempt, url: string, lease?: string): Promise<AttemptEnd> {
  const { runtime, options, credentials, codec, signal, listener } = attempted;
  if (signal.aborted) return outcomeOf({ kind: 'left', reason: '' });
  const offered = [codec.subprotocol, ...(lease === undefined ? [] : [lease])];
  const socket = openSocket(runtime, url, offered);
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
function openSocket({ WebSocket }: SocketRuntime, url: string, offered: string[]): WebSocketLike {
  try {
    return new WebSocket(url, offered);
  } catch (error) {
    const reason = withoutTickets(error instanceof Error ? error.message : String(error));
    throw invalid(`the platform opens no WebSocket to ${new URL(url).origin}: ${reason}`);
  }
}
