import { VERSION } from '../lib/version.ts';
import type { Alarms } from '../objects/alarms.ts';
import { CONTRACT_VERSION } from '../objects/contract-version.ts';
import type { Generation } from '../objects/generation.ts';
import type { HubState } from '../objects/hub-contract.ts';
import type { MetricsReporter } from '../objects/metrics-reporter.ts';
import type { Schema } from '../objects/migrations.ts';
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import type { SocketCloser } from './subscribers/socket-closer.ts';
import type { Sockets } from './subscribers/sockets.ts';
import { isOpen } from './subscribers/subscription-classes.ts';

/** A composed hub, as far as its lifecycle needs it. */
export interface ComposedHub {
  readonly alarms: Alarms;
  readonly sockets: Sockets;
  readonly closer: SocketCloser;
  readonly teardown: Teardown;
  readonly reporter: MetricsReporter;
}

/** How a hub ends. */
export interface Teardown {
  /** Whether there is no reason for the hub, unless it has sockets. */
  readonly isDue: boolean;
  /** Has other objects forget the hub: until it is needed again, or because its namespace was deleted. */
  leave(why: 'idle' | 'deleted'): Promise<void>;
  /** The key-value entries that stay when an idle hub is released. */
  retainedEntries(): [string, unknown][];
}

/** What a hub is made of. */
export interface HubParts<H> {
  readonly ctx: DurableObjectState;
  readonly schema: Schema;
  readonly generation: Generation;
  compose(): H;
  /** Makes true what is stored, in the tables of the schema, after the storage was restored. */
  renew(): void;
  /** Deletes the events, and all that is known of subscribers, in a transaction. */
  empty(): void;
}

/** Closes a socket that cannot be served. Its client reconnects. */
export function turnAway(socket: WebSocket): void {
  socket.close(CLOSE_CODES.tryAgainLater, 'the hub cannot go on');
}

/** Closes all subscribers. @param hub undefined if none is composed */
export function closeSockets(
  ctx: DurableObjectState,
  hub: ComposedHub | undefined,
  reason: 'unavailable' | 'revoked',
  why: string,
): void {
  const sockets = ctx.getWebSockets().filter(isOpen);
  const code = reason === 'revoked' ? CLOSE_CODES.normal : CLOSE_CODES.tryAgainLater;
  if (hub === undefined) for (const socket of sockets) turnAway(socket);
  else hub.closer.close(sockets, reason, code, why);
}

/** What an operator is told. */
export function stateOf(
  ctx: DurableObjectState,
  hub: ComposedHub | undefined,
  problem: { readonly state: HubState['state']; readonly message: string } | undefined,
): HubState {
  const subscribers = ctx.getWebSockets().filter(isOpen).length;
  const common = { subscribers, release: VERSION, contract: CONTRACT_VERSION };
  if (problem !== undefined) return { state: problem.state, problem: problem.message, ...common };
  return { state: hub === undefined ? 'empty' : 'ok', ...common };
}
