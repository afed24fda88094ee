/** A subscription that begins in the past, or goes on through restarts: by the client of `src/client`. */
import { once } from 'node:events';
import { CarillonError, type Item, type Subscription, subscribe } from '../client/index.ts';
import type { Event } from '../event/event.ts';
import { encodeJson, eventOf, type FrameJson } from '../wire/json.ts';
import { decodeProtobuf, encodeProtobuf } from '../wire/protobuf.ts';
import type { Values } from './arguments.ts';
import { type ExitCode, fail, status } from './command.ts';
import { type Server, serverOf } from './server.ts';
import { socketThatWarns } from './subscription-socket.ts';

type GapItem = Extract<Item, { type: 'gap' }>;

/** Prints what comes until the server, the reader of the output, the user, or the time ends it. */
export async function printResuming(
  pattern: string,
  values: Values,
  server: Server,
  timeoutMs: number | undefined,
): Promise<ExitCode> {
  const ending = new AbortController();
  const endWith = (exitCode: ExitCode) => () => ending.abort(exitCode);
  process.once('SIGINT', endWith(130));
  process.once('SIGTERM', endWith(130));
  const timeout = timeoutMs === undefined ? undefined : setTimeout(endWith(0), timeoutMs);
  try {
    await printAll(subscriptionOf(pattern, values, server, ending.signal), values, ending.signal);
    return 0;
  } catch (error) {
    if (ending.signal.aborted) return ending.signal.reason as ExitCode;
    if (!(error instanceof CarillonError)) throw error;
    // In good order: who closes it so has nothing more to say to this token.
    if (error.code === 'not_found' || error.code === 'protocol') {
      return fail(`${error.message}; --follow and --since need a Carillon server`);
    }
    if (error.code !== 'revoked') return fail(error.message);
    status(error.message);
    return 0;
  } finally {
    clearTimeout(timeout);
  }
}

function subscriptionOf(
  pattern: string,
  values: Values,
  server: Server,
  signal: AbortSignal,
): Subscription {
  const { filter, namespaces, since, protobuf } = values as {
    filter?: string;
    namespaces?: string[];
    since?: string;
    protobuf?: boolean;
  };
  return subscribe(pattern, {
    url: server.address,
    token: () => tokenOf(values),
    namespace: server.headers['X-Vault-Namespace'],
    filter,
    namespaces,
    since,
    encoding: protobuf === true ? 'protobuf' : 'json',
    reconnect: values.follow === true,
    signal,
    WebSocket: socketThatWarns((warning) => status(`warning: ${warning}`)),
    onState: (state) =>
      status(
        state.type === 'connected'
          ? `subscribed to ${pattern} at ${server.address.origin}`
          : `${state.reason}; trying again in ${(state.retryInMs / 1000).toFixed(1)} s`,
      ),
  });
}

/** That of now: there may have been another login since the last connection. */
function tokenOf(values: Values): string {
  const server = serverOf(values);
  if (typeof server === 'string') throw new CarillonError('invalid', server);
  return server.headers['X-Vault-Token'] ?? '';
}

async function printAll(
  subscription: Subscription,
  { protobuf }: Values,
  signal: AbortSignal,
): Promise<void> {
  for await (const item of subscription) {
    if (item.type === 'gap') {
      status(gapOf(item));
      continue;
    }
    const event = eventOf(item.cloudEvent as unknown as FrameJson);
    const line = protobuf === true ? lineOfProtobuf(event) : encodeJson(event);
    // What the reader of the output has not taken is not acknowledged.
    if (!process.stdout.write(line)) await once(process.stdout, 'drain', { signal });
  }
}

function gapOf({ reason }: GapItem): string {
  return `events may be missing here (${reason})`;
}

/** As a stock binary frame is printed. */
function lineOfProtobuf(event: Event): string {
  return `${JSON.stringify(decodeProtobuf(encodeProtobuf(event)))}\n`;
}
