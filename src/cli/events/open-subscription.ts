/** The subscription of a command, as the client of `src/client` holds it, with messages on standard error. */
import { CarillonError, type Subscription, subscribe } from '../../client/index.ts';
import type { Server } from '../../client/options.ts';
import { status } from '../command/command.ts';
import type { Values } from '../command/options.ts';
import { retryMessage } from '../server/retry.ts';
import { serverOf } from '../server/server.ts';
import { socketThatWarns } from '../server/subscription-socket.ts';

interface Opening {
  /** As the server reads it; undefined to begin now. */
  readonly since: string | undefined;
  readonly reconnect: boolean;
  readonly signal: AbortSignal;
}

/** @param values the options of the command: `filter`, `namespaces`, `protobuf`, and those of the server */
export function openSubscription(
  pattern: string,
  values: Values,
  server: Server,
  opening: Opening,
): Subscription {
  const { filter, namespaces, protobuf } = values as {
    filter?: string;
    namespaces?: readonly string[];
    protobuf?: boolean;
  };
  return subscribe(pattern, {
    ...opening,
    url: server.url,
    token: () => tokenOf(values),
    namespace: server.namespace,
    filter,
    namespaces,
    encoding: protobuf === true ? 'protobuf' : 'json',
    WebSocket: socketThatWarns((warning) => status(`warning: ${warning}`)),
    onState: (state) =>
      status(
        state.type === 'connected'
          ? `subscribed to ${pattern} at ${server.url.origin}`
          : retryMessage(state.reason, state.retryInMs),
      ),
  });
}

/** The present token: the user may have logged in again since the last connection. */
function tokenOf(values: Values): string {
  const server = serverOf(values);
  if (!server.ok) throw new CarillonError('invalid', server.failure.message);
  return server.value.token;
}
