/**
 * The Worker, and a route that tells how often its objects were made. An object that hibernates is
 * made again by the next event, so the count shows what no client can see.
 */
import worker, {
  Hub as RealHub,
  RegionHead as RealRegionHead,
  Shard as RealShard,
  WildcardHub as RealWildcardHub,
} from '../../src/worker.ts';

/** Shared by the Worker and its objects: workerd runs them in one isolate. */
const made = { hub: 0, wildcardHub: 0, regionHead: 0, shard: 0 };

export { Authority, Destination, Dispatcher, Metrics, Restoration } from '../../src/worker.ts';

export class Hub extends RealHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    made.hub++;
  }
}

export class WildcardHub extends RealWildcardHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    made.wildcardHub++;
  }
}

export class RegionHead extends RealRegionHead {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    made.regionHead++;
  }
}

export class Shard extends RealShard {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    made.shard++;
  }
}

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === '/made') return Response.json(made);
    return worker.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
