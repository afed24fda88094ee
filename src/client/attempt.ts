/** One attempt to subscribe: a ticket, a connection, and what its end means. */

import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { Connection } from './connection.ts';
import { carillonDialect, type Listener } from './dialects.ts';
import type { End } from './end.ts';
import { refusalOf, requestTicket, socketUrl, subscriptionUrl } from './handshake.ts';
import { type Server, type SubscribeOptions, timeoutOf } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { SocketRuntime } from './runtime.ts';

interface Attempt {
  readonly runtime: SocketRuntime;
  readonly server: Server;
  readonly pattern: string;
  readonly options: SubscribeOptions;
  readonly codec: ClientCodec;
  readonly since: string | undefined;
  /** Ends the attempt. Its outcome is of no interest then. */
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

export async function attempt(attempted: Attempt): Promise<Outcome> {
  const { runtime, server, pattern, options, since, signal } = attempted;
  const limits = { timeoutMs: timeoutOf(options), signal };
  const ticket = await requestTicket(runtime, server, limits);
  if (!ticket.ok) return ticket.failure;
  const subscription = subscriptionUrl(server, pattern, options, since);
  const end = await connect(attempted, socketUrl(subscription, ticket.value));
  return end === 'refused' ? refusalOf(runtime, server, subscription, limits) : outcomeOf(end);
}

/** @returns how the connection ended, or that it never opened. No platform says why. */
async function connect(
  { runtime, options, codec, signal, listener }: Attempt,
  url: string,
): Promise<End | 'refused'> {
  if (signal.aborted) return { kind: 'left', reason: '' };
  const socket = new runtime.WebSocket(url, [codec.subprotocol]);
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
