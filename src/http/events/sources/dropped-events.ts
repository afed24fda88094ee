/** Logs which events of an audit source are lost or late. */

import { NO_MOUNT_POINT } from '../../../ingest/audit/mount-path.ts';
import { LruCache } from '../../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../../lib/limits.ts';
import { log } from '../../../lib/log.ts';
import { MAX_LOGGED_REASONS } from '../../limits.ts';

/** Sources of older servers. `NO_MOUNT_POINT` is true of each of their entries, so it is logged once. */
const logged = new LruCache<true>(MAX_CACHED_LOOKUPS);

/**
 * One line for each reason with the number of its events, and a last line for all reasons beyond the limit.
 *
 * @param reasons one for each event
 */
export function logEvents(
  what: 'dropped' | 'late',
  source: string,
  reasons: readonly string[],
): void {
  const counts = [...Map.groupBy(reasons, (each) => each)].map(
    ([reason, { length }]) => [reason, length] as const,
  );
  const others = counts.splice(MAX_LOGGED_REASONS).reduce((sum, [, length]) => sum + length, 0);
  if (others > 0) counts.push(['other reasons', others]);
  for (const [reason, length] of counts) {
    if (reason === NO_MOUNT_POINT && wasLogged(source)) continue;
    log('warn', { source, [what]: length, reason });
  }
}

function wasLogged(source: string): boolean {
  const known = logged.get(source) === true;
  logged.set(source, true);
  return known;
}
