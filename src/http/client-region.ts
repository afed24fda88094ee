/** The region of the client of a request, as hubs count it. */

import { type ClientPlace, regionOfClient } from '../config/client-region.ts';
import { isRegion, type Region } from '../config/region.ts';
import type { Variables } from '../config/variables.ts';
import type { AppContext } from './context.ts';

/** @returns `any` if it is unknown, or may have no shards; undefined if no hub gets shards */
export function clientRegion(c: Pick<AppContext, 'req' | 'env' | 'get'>): Region | undefined {
  const { atSockets, regions } = c.get('config').sharding;
  if (atSockets === 0) return undefined;
  const region = regionOf(c.req.raw, c.env);
  return regions.has(region) ? region : 'any';
}

/**
 * Every request from the network of Cloudflare has a place in `cf`, so a header of a client counts on the local server only.
 * There, `cf` has nothing but the address of the client.
 */
function regionOf({ cf, headers }: Request, { REGION_HEADER = '' }: Variables): Region {
  if (cf !== undefined && ('colo' in cf || 'continent' in cf)) {
    return regionOfClient(cf as ClientPlace);
  }
  const named = REGION_HEADER === '' ? null : headers.get(REGION_HEADER);
  return named !== null && isRegion(named) ? named : 'any';
}
