import type { HubCounts } from '../../../metrics/hub-metrics.ts';
import type { Alarms } from '../../../objects/alarms.ts';
import type { ShardDirectory } from '../../../objects/replica-contract.ts';
import { callReplica } from '../../../objects/stubs.ts';
import type { FedReplicas } from './fed-replicas.ts';
import type { FeedSource } from './feed-source.ts';
import { PageBuilder } from './page-builder.ts';
import { ReplicaFeeds } from './replica-feeds.ts';

interface Parts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly alarms: Alarms;
  readonly source: FeedSource;
  readonly replicas: FedReplicas;
  readonly counts: HubCounts;
  /** Whether it is a hub, which nobody feeds again what its replicas have not confirmed. */
  readonly isHub: boolean;
  directory(): ShardDirectory;
}

/** What feeds the replicas of a hub or of a region head. Its alarm is set by the caller. */
export function composeFeeds({ env, isHub, ...parts }: Parts) {
  const { ctx, source, replicas, directory } = parts;
  const builder = new PageBuilder(source);
  const feeds = new ReplicaFeeds({
    ...parts,
    builder,
    guard: isHub ? ctx.storage.kv : undefined,
    receive: (name, page) => callReplica(env, name, (replica) => replica.receive(page)),
  });
  return { source, replicas, builder, feeds, directory };
}
