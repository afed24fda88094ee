/**
 * A shard of a region of a hub of either kind: it is fed by the head of its region, and serves subscribers. `ShardContract`
 * says what each method is for.
 */
import { SHARD_SCHEMA } from './schema.ts';
import { ShardAdmissions } from './shards/admission/shard-admissions.ts';
import { composeReplica } from './shards/at-replica/compose-replica.ts';
import { ShardKeeper } from './shards/at-replica/page-keeper.ts';
import { Replica, replicaLifecycle } from './shards/at-replica/replica.ts';
import { placementAtReplica } from './shards/placement/replica-placement.ts';
import { ShardCapacity } from './shards/placement/shard-capacity.ts';

export class Shard extends Replica {
  constructor(ctx: DurableObjectState, env: Env) {
    super(
      ctx,
      env,
      replicaLifecycle(ctx, SHARD_SCHEMA, () => composeShard(ctx, env)),
    );
  }
}

/** The parts of a shard. */
function composeShard(ctx: DurableObjectState, env: Env) {
  return composeReplica(ctx, env, undefined, (base) => {
    const { alarms, journal, place, directory: known, subscribers } = base;
    const { socketCount, meter } = subscribers;
    const placed = { env, place, known, sockets: socketCount };
    const admissions = new ShardAdmissions({
      ctx,
      env,
      alarms,
      place,
      journal,
      socketCount,
      meter,
      known,
    });
    return {
      keeper: new ShardKeeper(journal),
      admissions,
      placementOf: placementAtReplica({ ...placed, capacity: new ShardCapacity(placed) }),
      isIdle: () => admissions.areOver,
    };
  });
}
