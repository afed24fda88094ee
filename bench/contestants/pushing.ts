/** Carillon that says what a Worker beside it was given: `received.ts`. */
import worker from '../../src/worker.ts';
import { received } from './received.ts';

export {
  Authority,
  Destination,
  Dispatcher,
  Hub,
  Metrics,
  RegionHead,
  Restoration,
  Shard,
  WildcardHub,
} from '../../src/worker.ts';

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === '/received') return received(env);
    return worker.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
