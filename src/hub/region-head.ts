/**
 * The head of a region of a hub of either kind: it is fed by the hub, serves subscribers of its region, and feeds the shards
 * of its region. `RegionHeadContract` says what each method is for.
 */
import { labelledKey, type Values } from '../metrics/metric.ts';
import { parseReplicaName } from '../objects/names.ts';
import type {
  Admission,
  Admitted,
  AttachAnswer,
  AttachRequest,
  HistoryPage,
  Located,
  LocateQuery,
  RegionHeadContract,
  RegionState,
  ReplicaState,
  ShardDirectory,
  ShardReport,
} from '../objects/replica-contract.ts';
import type { HubLifecycle } from './lifecycle.ts';
import { REGION_HEAD_SCHEMA } from './schema.ts';
import { HeadAdmissions } from './shards/admission/head-admissions.ts';
import { Attachments } from './shards/at-parent/attachments.ts';
import { composeFeeds } from './shards/at-parent/compose-feeds.ts';
import { FedReplicas } from './shards/at-parent/fed-replicas.ts';
import { historyAfter } from './shards/at-parent/history.ts';
import { endsOfShards } from './shards/at-parent/replica-ends.ts';
import { ReplicaTable } from './shards/at-parent/replica-table.ts';
import { composeReplica } from './shards/at-replica/compose-replica.ts';
import { HeadKeeper } from './shards/at-replica/head-keeper.ts';
import { PageWindow } from './shards/at-replica/page-window.ts';
import { Replica, replicaLifecycle } from './shards/at-replica/replica.ts';
import { QuietRegion } from './shards/placement/quiet-region.ts';
import { RegionCapacity } from './shards/placement/region-capacity.ts';
import { placementAtReplica } from './shards/placement/replica-placement.ts';
import { statesOfShards } from './shards/region-state.ts';

export class RegionHead extends Replica implements RegionHeadContract {
  readonly #lifecycle: HubLifecycle<HeadParts>;

  constructor(ctx: DurableObjectState, env: Env) {
    const compose = () => composeRegionHead(ctx, env);
    const shards = endsOfShards(ctx, env);
    const lifecycle = replicaLifecycle(ctx, REGION_HEAD_SCHEMA, compose, shards);
    super(ctx, env, lifecycle);
    this.#lifecycle = lifecycle;
  }

  attach(replica: string, request: AttachRequest): Promise<AttachAnswer> {
    return this.#lifecycle.open(async ({ link, attachments }) => {
      await link.confirm(request.interest);
      await link.reach(request.reach ?? 0);
      return attachments.attach(replica, request);
    });
  }

  history(after: number, maxEvents: number, maxBytes: number): Promise<HistoryPage> {
    return this.#lifecycle.open(async ({ link, journal, throttle }) => {
      await link.ready();
      return historyAfter(journal, throttle, after, maxEvents, maxBytes);
    });
  }

  locate(query: LocateQuery): Promise<Located> {
    return this.#lifecycle.open(async ({ link, journal }) => {
      await link.ready();
      return journal.locate(query);
    });
  }

  admit(shard: string, report: ShardReport, asked: readonly Admission[]): Promise<Admitted> {
    return this.#lifecycle.open(async ({ admissions, capacity, known }) => {
      capacity.told(shard, report.sockets);
      const answers = await admissions.admitAt(shard, report, asked);
      return { answers, directory: known.value };
    });
  }

  crowded(shard: string, sockets: number): Promise<ShardDirectory> {
    return this.#lifecycle.open(async ({ capacity, known }) => {
      await capacity.told(shard, sockets);
      return known.value;
    });
  }

  region(shards: number): Promise<RegionState> {
    const { name = '' } = this.ctx.id;
    const head = { name, sockets: this.#lifecycle.subscribers, lag: 0 };
    return this.#lifecycle.visit(
      async ({ fed }) => {
        const states = fed.feeds.states();
        return { head, shards: await statesOfShards(this.env, name, shards, states) };
      },
      { head, shards: [] },
    );
  }
}

type HeadParts = ReturnType<typeof composeRegionHead>;

/** The parts of a region head: those of a replica, and those that feed its shards. */
function composeRegionHead(ctx: DurableObjectState, env: Env) {
  const { sql } = ctx.storage;
  const window = new PageWindow(sql);
  const replica = composeReplica(ctx, env, window, (base) => {
    const { place, directory: known, alarms, journal, subscribers } = base;
    const { meter, tokens, socketCount: sockets } = subscribers;
    const admissions = new HeadAdmissions({
      ctx,
      env,
      alarms,
      place,
      journal,
      tokens,
      socketCount: sockets,
    });
    const quiet = new QuietRegion({ ctx, env, place, known, sockets });
    const capacity = new RegionCapacity({ ctx, env, place, known }, quiet);
    const shards = new FedReplicas(new ReplicaTable(sql), place.hub);
    const fed = composeFeeds({
      ctx,
      env,
      alarms,
      source: journal,
      replicas: shards,
      counts: meter.counts,
      isHub: false,
      directory: () => known.value,
    });
    const { feeds } = fed;
    alarms.add(feeds, quiet);
    return {
      fed,
      known,
      capacity,
      shards,
      keeper: new HeadKeeper({ journal, window, feeds, admissions }),
      admissions,
      placementOf: placementAtReplica({ env, place, known, sockets, capacity }),
      isIdle: () => admissions.areOver && quiet.isOver,
      countShardSockets: () => feeds.states().reduce((sum, shard) => sum + shard.sockets, 0),
      shardLags: () => lagsOf(feeds.states()),
    };
  });
  const { fed, link, journal, cursors } = replica;
  const attachments = new Attachments({
    ...fed,
    supply: link,
    cursorKey: () => cursors.key,
    completeAfter: () => journal.completeAfter,
  });
  return { ...replica, attachments };
}

/** For the metrics: how much each shard lacks. */
function lagsOf(shards: readonly ReplicaState[]): Values {
  return Object.fromEntries(
    shards.map(({ name, lag }) => [
      labelledKey('shardLag', parseReplicaName(name)?.shard ?? 0),
      lag,
    ]),
  );
}
