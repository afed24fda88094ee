/** Where subscribers sat, and where what is wrong with what they received went wrong. */
import type { Accepted, PublishedEvent, Receipt } from './history.ts';
import type { Mismatch } from './mismatch.ts';
import { kindOf, type ObjectKind } from './object-kind.ts';

export type Place = ObjectKind | 'nowhere';

/** What is known of a subscriber. */
export interface Seated {
  readonly ids: readonly string[];
  readonly receipts: readonly Receipt[];
  /** Those that were accepted. */
  readonly accepted: readonly Accepted[];
}

export function placeOf(connection: Accepted | undefined): Place {
  return connection === undefined ? 'nowhere' : kindOf(connection.object);
}

/** Where it received an event last; of one that it never received, where it was when that was published. */
export function placeOfMismatch(
  { kind, ids }: Mismatch,
  { ids: received, receipts, accepted }: Seated,
  events: ReadonlyMap<string, PublishedEvent>,
): Place {
  const [id = ''] = ids.slice(-1);
  if (kind !== 'lost' && ids.length > 0)
    return placeOf(receipts[received.lastIndexOf(id)]?.connection);
  const time = events.get(id)?.sent ?? Number.POSITIVE_INFINITY;
  return placeOf(accepted.findLast(({ at }) => at <= time) ?? accepted[0]);
}
