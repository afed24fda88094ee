/**
 * Checks what destinations delivered. It knows nothing of the server: it is given what was published, what the journals have, and
 * what arrived.
 *
 * * Every event in a journal that a destination wants is taken by its receiver at least once, or arrives as a dead letter. An
 *   event whose right was lost need not arrive.
 * * With a concurrency of 1, the events of a hub arrive in the order of its journal. Only the first arrival of each counts, whether
 *   the receiver took it or not: a later batch does not begin before the one before is settled.
 * * A batch that brings an event that was taken before is a repetition. There are at most as many as faults, times the batches
 *   that are under way at a time.
 * * Nothing arrives that the destination does not want, that nobody published, or, a second after the policy lost the right, that
 *   needs this right.
 * * A batch that was taken comes again under its id with no more events than it had: a receiver skips it by its id.
 */
import type { PublishedEvent } from '../history.ts';
import type { DestinationHistory, Followed, Wrong } from './deliveries.ts';

/** From the answer to the write of a policy until nothing arrives any more that needs what it lost. */
const REVOKED_WITHIN_MS = 1000;

interface Published<E extends PublishedEvent> {
  readonly events: ReadonlyMap<string, E>;
  /** The place of an event in the journal of its hub. */
  readonly places: ReadonlyMap<string, number>;
}

export function checkDestinations<E extends PublishedEvent>(
  history: DestinationHistory<E>,
): Wrong[] {
  const published: Published<E> = {
    events: new Map(history.events.map((event) => [event.id, event])),
    places: new Map([...history.journals.values()].flatMap((ids) => ids.map((id, i) => [id, i]))),
  };
  return [
    ...unstored(published),
    ...history.destinations.flatMap((each) => [
      ...lost(each, published),
      ...repeated(each),
      ...reordered(each, published),
      ...foreign(each, published),
      ...revoked(each, published),
      ...altered(each),
      ...oversized(each),
    ]),
  ];
}

/** What was acknowledged is in a journal. */
function unstored<E extends PublishedEvent>({ events, places }: Published<E>): Wrong[] {
  return [...events.values()]
    .filter(({ id, acknowledged }) => acknowledged !== undefined && !places.has(id))
    .map(({ id, hub }) => ({
      kind: 'lost',
      destination: `the hub ${hub}`,
      ids: [id],
      text: `does not have ${id}, which was acknowledged`,
    }));
}

function lost<E extends PublishedEvent>(
  { name, wants, revocation, deliveries, deadLetters }: Followed<E>,
  { events, places }: Published<E>,
): Wrong[] {
  const taken = deliveries.filter(({ isTaken }) => isTaken).flatMap(({ ids }) => ids);
  const arrived = new Set([...taken, ...deadLetters]);
  return [...places.keys()].flatMap((id): Wrong[] => {
    const event = events.get(id);
    if (event === undefined || !wants(event) || arrived.has(id)) return [];
    if (revocation?.concerns(event)) return [];
    const tries = deliveries.filter(({ ids }) => ids.includes(id)).length;
    const text = `${id} did not arrive, with ${tries} failed attempts`;
    return [{ kind: 'lost', destination: name, ids: [id], text }];
  });
}

function repeated(destination: Followed<never>): Wrong[] {
  const { name, faults, concurrency } = destination;
  const again = repeatedBatches(destination);
  if (again.length <= faults * concurrency) return [];
  const text = `${again.length} batches came again, with ${faults} faults and a concurrency of ${concurrency}`;
  return [{ kind: 'repeated', destination: name, ids: again, text }];
}

/** The ids of the batches that brought what was taken before. */
export function repeatedBatches({ deliveries }: Pick<Followed, 'deliveries'>): string[] {
  const taken = new Set<string>();
  const again: string[] = [];
  for (const { isTaken, batch, ids } of deliveries) {
    if (!isTaken) continue;
    if (ids.some((id) => taken.has(id))) again.push(batch);
    for (const id of ids) taken.add(id);
  }
  return again;
}

function reordered<E extends PublishedEvent>(
  { name, concurrency, deliveries }: Followed<E>,
  { events, places }: Published<E>,
): Wrong[] {
  if (concurrency > 1) return [];
  const first = [...new Set(deliveries.flatMap(({ ids }) => ids))];
  const byHub = Map.groupBy(first, (id) => events.get(id)?.hub);
  return [...byHub].flatMap(([hub, ids]) => {
    let before: string | undefined;
    return ids.flatMap((id): Wrong[] => {
      const place = places.get(id);
      if (hub === undefined || place === undefined) return [];
      const late = before;
      if (late !== undefined && place < (places.get(late) ?? 0)) {
        const text = `${id} arrived after ${late}, which is after it in the journal of ${hub}`;
        return [{ kind: 'reordered', destination: name, ids: [late, id], text }];
      }
      before = id;
      return [];
    });
  });
}

function foreign<E extends PublishedEvent>(
  { name, wants, deliveries, deadLetters }: Followed<E>,
  { events }: Published<E>,
): Wrong[] {
  const arrived = new Set([...deliveries.flatMap(({ ids }) => ids), ...deadLetters]);
  return [...arrived].flatMap((id): Wrong[] => {
    const event = events.get(id);
    if (event !== undefined && wants(event)) return [];
    const text = `received ${id}, which ${event === undefined ? 'nobody published' : 'it may not see'}`;
    return [{ kind: 'foreign', destination: name, ids: [id], text }];
  });
}

function revoked<E extends PublishedEvent>(
  { name, revocation, deliveries }: Followed<E>,
  { events }: Published<E>,
): Wrong[] {
  if (revocation === undefined) return [];
  return deliveries.flatMap(({ at, ids }): Wrong[] => {
    const after = at - revocation.at;
    if (after <= REVOKED_WITHIN_MS) return [];
    const wrong = ids.filter((id) => {
      const event = events.get(id);
      return event !== undefined && revocation.concerns(event);
    });
    if (wrong.length === 0) return [];
    const text = `received ${wrong.join(', ')} ${Math.round(after)} ms after the right was lost`;
    return [{ kind: 'revoked', destination: name, ids: wrong, text }];
  });
}

function altered({ name, deliveries }: Followed<never>): Wrong[] {
  const known = new Map<string, ReadonlySet<string>>();
  return deliveries.flatMap(({ batch, ids, isTaken }): Wrong[] => {
    const before = known.get(batch);
    if (before === undefined) {
      if (isTaken) known.set(batch, new Set(ids));
      return [];
    }
    const more = ids.filter((id) => !before.has(id));
    if (more.length === 0) return [];
    const text = `the batch ${batch} came again with ${more.length} events that it did not have when it was taken`;
    return [{ kind: 'altered', destination: name, ids: more, text }];
  });
}

function oversized({ name, maxEvents, deliveries }: Followed<never>): Wrong[] {
  return deliveries
    .filter(({ ids }) => ids.length > maxEvents)
    .map(({ batch, ids }) => ({
      kind: 'oversized',
      destination: name,
      ids,
      text: `the batch ${batch} has ${ids.length} events, more than ${maxEvents}`,
    }));
}
