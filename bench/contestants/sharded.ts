/**
 * Carillon whose regions are given shards by `set-shards.ts`. Its heads may do nothing, so that what feeding them costs the hub
 * can be told: `POST /heads?do=nothing`. They may answer late: `POST /heads?do=late`.
 */
import worker, { RegionHead as RealRegionHead } from '../../src/worker.ts';
import { setShards } from './set-shards.ts';

export {
  Authority,
  Destination,
  Dispatcher,
  Hub,
  Metrics,
  Restoration,
  Shard,
  WildcardHub,
} from '../../src/worker.ts';

const LATE_MS = 1000;

/** Shared by the Worker and its objects: workerd runs them in one isolate. */
let heads: string | null = 'all';

export class RegionHead extends RealRegionHead {
  override async receive(...given: Parameters<RealRegionHead['receive']>) {
    if (heads === 'nothing') {
      const [{ journal, through }] = given;
      return { taken: { epoch: journal.epoch, taken: through }, sockets: 1 };
    }
    if (heads === 'late') await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    return super.receive(...given);
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/shards') return setShards(request, env);
    if (pathname === '/heads') {
      heads = searchParams.get('do');
      return new Response(null, { status: 204 });
    }
    return worker.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
