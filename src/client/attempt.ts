/** One attempt at being subscribed: a ticket, a connection, and what its end means. */
import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { Connection, type End, type Listener } from './connection.ts';
import { refusalOf, requestTicket, socketUrl, subscriptionUrl } from './handshake.ts';
import { type Server, type SubscribeOptions, timeoutOf } from './options.ts';
import { type Outcome, outcomeOf, outcomeOfTrouble } from './outcome.ts';
import type { Runtime } from './runtime.ts';

export interface Attempt {
  readonly runtime: Runtime;
  readonly server: Server;
  readonly pattern: string;
  readonly options: SubscribeOptions;
  readonly codec: ClientCodec;
  readonly since: string | undefined;
  /** Ends it; the outcome is of no interest then. */
  readonly signal: AbortSignal;
  /** Hears what comes, and is given the connection before anything does. */
  readonly listen: (connection: () => Connection) => Omit<Listener, 'ended'>;
}

export async function attempt(attempted: Attempt): Promise<Outcome> {
  const { runtime, server, pattern, options, since, signal } = attempted;
  const limits = { timeoutMs: timeoutOf(options), signal };
  const ticket = await requestTicket(runtime, server, limits);
  if (typeof ticket !== 'string') return outcomeOfTrouble(ticket);
  const subscription = subscriptionUrl(server, pattern, options, since);
  const end = await untilEnd(attempted, socketUrl(subscription, ticket));
  return end.kind === 'refused'
    ? outcomeOfTrouble(await refusalOf(runtime, server, subscription, limits))
    : outcomeOf(end);
}

function untilEnd({ runtime, options, codec, signal, listen }: Attempt, url: string): Promise<End> {
  return new Promise((resolve) => {
    const aborted: End = { kind: 'closed', code: 1000, reason: '' };
    if (signal.aborted) return resolve(aborted);
    const abort = () => {
      connection.close();
      resolve(aborted);
    };
    const connection: Connection = new Connection(
      runtime,
      { url, codec, timeoutMs: timeoutOf(options) },
      {
        ...listen(() => connection),
        ended: (end) => {
          signal.removeEventListener('abort', abort);
          resolve(end);
        },
      },
    );
    signal.addEventListener('abort', abort);
  });
}
