/** The hubs that have moved to another place: the variable `MOVED_HUBS`. */
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_HUB_PLACE } from './limits.ts';
import type { Variables } from './variables.ts';

/** The number of the place of a hub, by the key of its Vault namespace, a slash, and its event-type namespace. */
export type MovedHubs = ReadonlyMap<string, number>;

/** `kv-v2=2`; in a Vault namespace with the ids of the namespaces, `team-a@fk3Q9/kv-v2=2`. */
const ENTRY = /^((?:[\w.~-]+@[\w-]+\/)*)([A-Za-z0-9][\w.-]*)=(\d{1,9})$/;

export function parseMovedHubs({ MOVED_HUBS: text = '' }: Variables): Result<MovedHubs> {
  const moved = new Map<string, number>();
  for (const entry of text.split(',').map((each) => each.trim())) {
    if (entry === '') continue;
    const [, namespaces = '', type = '', digits = ''] = ENTRY.exec(entry) ?? [];
    const place = Number(digits);
    if (type === '' || place < 2 || place > MAX_HUB_PLACE) {
      return invalid(
        `the variable MOVED_HUBS has ${quote(entry)}; set it in wrangler.toml, or with --var, to what "carillon admin move" answers: entries such as "kv-v2=2", separated by commas, with a number from 2 to ${MAX_HUB_PLACE}. The namespaces in it have ids`,
      );
    }
    const hub = `${namespaces || '/'}${type}`;
    if (moved.has(hub)) {
      return invalid(
        `the variable MOVED_HUBS has ${quote(entry)} and another entry for the same hub; leave the one with its present place`,
      );
    }
    moved.set(hub, place);
  }
  return ok(moved);
}

/** The value of the variable. */
export function movedHubsText(moved: MovedHubs): string {
  return [...moved].map(([hub, place]) => `${hub.replace(/^\//, '')}=${place}`).join(', ');
}
