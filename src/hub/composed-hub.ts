import { VERSION } from '../lib/version.ts';
import type { Alarms } from '../objects/alarms.ts';
import { CONTRACT_VERSION } from '../objects/contract-version.ts';
import type { RestoreRecord } from '../objects/generation.ts';
import type { HubState } from '../objects/hub-contract.ts';
import type { MetricsReporter } from '../objects/metrics-reporter.ts';
import type { Schema } from '../objects/migrations.ts';
import type { ReplicaEnds } from './shards/at-parent/replica-ends.ts';
import type { HubRegions } from './shards/hub-regions.ts';
import type { SocketCloser } from './subscribers/socket-closer.ts';
import type { Sockets } from './subscribers/sockets.ts';

/** A composed hub, as far as its lifecycle needs it. */
export interface ComposedHub {
  readonly alarms: Alarms;
  readonly sockets: Pick<Sockets, 'accept' | 'message' | 'closed'>;
  readonly closer: SocketCloser;
  readonly teardown: Teardown;
  readonly reporter: MetricsReporter;
  /** Of a hub, and not of its replicas. */
  readonly regions?: HubRegions;
}

/** How a hub ends. */
export interface Teardown {
  /** Whether there is no reason for the hub, unless it has sockets. */
  readonly isDue: boolean;
  /**
   * Has other objects forget the hub: until it is needed again, because an operator has deleted its events, or because its
   * namespace was deleted.
   */
  leave(why: 'idle' | 'emptied' | 'deleted'): Promise<void>;
  /** The key-value entries that stay when an idle hub is released. */
  retainedEntries(): [string, unknown][];
}

/** What a hub is made of. */
export interface HubParts<H> {
  readonly ctx: DurableObjectState;
  readonly schema: Schema;
  readonly generation: RestoreRecord;
  /** Replicas that it feeds; undefined if it never has any. */
  readonly replicas?: ReplicaEnds;
  compose(): H;
  /** What is not restored with the storage; undefined for nothing. */
  kept?(): string | undefined;
  /**
   * Makes true what is stored, in the tables of the schema, after the storage was restored.
   *
   * @param kept before that
   */
  renew(kept: string | undefined): void;
  /** Deletes the events, and all that is known of subscribers, in a transaction. */
  empty(): void;
}

/** What an operator is told. */
export function stateOf(
  hub: ComposedHub | undefined,
  subscribers: number,
  problem: { readonly state: HubState['state']; readonly message: string } | undefined,
): HubState {
  const common = { subscribers, release: VERSION, contract: CONTRACT_VERSION };
  if (problem !== undefined) return { state: problem.state, problem: problem.message, ...common };
  return { state: hub === undefined ? 'empty' : 'ok', ...common, ...hub?.regions?.state() };
}
