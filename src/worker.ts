/** The entry of the Worker: the app and the classes of the Durable Objects. */
import { app } from './app.ts';
import { receiveQueue } from './http/events/sources/receive-queue.ts';

export { Authority } from './authority/authority.ts';
export { Metrics } from './collector/metrics.ts';
export { Hub } from './hub/hub.ts';
export { RegionHead } from './hub/region-head.ts';
export { Shard } from './hub/shard.ts';
export { WildcardHub } from './hub/wildcard-hub.ts';
export { Destination } from './push/destination.ts';
export { Dispatcher } from './push/dispatcher.ts';
export { Restoration } from './restoration/restoration.ts';

export default { fetch: app.fetch, queue: receiveQueue } satisfies ExportedHandler<Env>;
