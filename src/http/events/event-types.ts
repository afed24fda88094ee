/** `GET /v1/sys/events/types`: the catalog, in the shape of Vault's lists. */
import { CATALOG } from '../../event/catalog.ts';
import { succeed } from '../respond.ts';

export function listEventTypes(): Response {
  return succeed({ keys: [...CATALOG.keys()], key_info: Object.fromEntries(CATALOG) });
}
