/** The entry of the Worker: the app and the classes of the Durable Objects. */
import { app } from './app.ts';

export { Authority } from './authority/authority.ts';
export { Hub, WildcardHub } from './hub/objects.ts';

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
