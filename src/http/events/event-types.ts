/** `GET /v1/sys/events/types`: the catalog, in the shape of Vault's lists. */
import { CATALOG } from '../../event/catalog.ts';
import type { Operation } from '../../policy/acl.ts';
import type { Endpoint } from '../endpoint.ts';
import { succeed } from '../respond.ts';

export function eventTypes(operation: Operation): Endpoint {
  return {
    operation,
    run: () => succeed({ keys: [...CATALOG.keys()], key_info: Object.fromEntries(CATALOG) }),
  };
}
