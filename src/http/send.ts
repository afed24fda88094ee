/** Sends events to their hubs, and says what became of each. */
import { callWithRetry } from '../call.ts';
import { eventTypeNamespace } from '../event/event-type.ts';
import { quote } from '../event/quote.ts';
import { hubName } from '../hub/name.ts';
import type { Publication } from '../hub/publication.ts';
import type { ReadEvent } from '../ingest/read-events.ts';
import { MAX_HUBS } from '../limits.ts';
import { trimSlashes } from '../namespace.ts';
import { at, invalid, ok, type Result } from '../result.ts';
import { type Refusal, refuse, succeed } from './answer.ts';
import { findNamespace } from './namespace.ts';

/** What a request's event became. */
export type Outcome = 'accepted' | 'duplicate' | 'failed' | 'refused' | 'overloaded';

/** The keys of the namespaces of the events, by the path that the events have. */
export async function keysOf(
  events: readonly ReadEvent[],
  env: Env,
): Promise<Result<ReadonlyMap<string, string>>> {
  const keys = new Map<string, string>();
  for (const { event, where } of events) {
    if (keys.has(event.namespace)) continue;
    const key = await findNamespace(env, trimSlashes(event.namespace), false);
    if (key === undefined) {
      return at(where, invalid(`namespace ${quote(event.namespace)} does not exist`).failure);
    }
    keys.set(event.namespace, key);
  }
  return ok(keys);
}

/** @param keys of the namespaces of the events, by the path that the events have */
export function groupByHub(
  publications: readonly Publication[],
  keys: ReadonlyMap<string, string>,
): Map<string, Publication[]> {
  return Map.groupBy(publications, ({ facts }) =>
    hubName(keys.get(facts.namespace) ?? '', eventTypeNamespace(facts.event_type)),
  );
}

/** Sends each hub its events and returns what became of each event, in the order of the request. */
export async function send(
  publications: readonly Publication[],
  groups: ReadonlyMap<string, readonly Publication[]>,
  env: Env,
): Promise<Outcome[]> {
  const fresh = new Set<string>();
  const failed = new Set<Publication>();
  const refused = new Set<Publication>();
  const overloaded = new Set<Publication>();
  await Promise.all(
    Array.from(groups, async ([hub, group]) => {
      try {
        const published = await callWithRetry(() => env.HUB.getByName(hub).publish(group));
        for (const key of published.keys) fresh.add(key);
        if (published.refused === undefined) return;
        const left = published.refused === 'overloaded' ? overloaded : refused;
        for (const publication of group) left.add(publication);
      } catch (error) {
        console.error(`publishing to the hub ${hub} failed:`, error);
        for (const publication of group) failed.add(publication);
      }
    }),
  );
  return publications.map((publication) => {
    if (failed.has(publication)) return 'failed';
    if (refused.has(publication)) return 'refused';
    if (overloaded.has(publication)) return 'overloaded';
    // Of two events with one key in a request, the first is the event and the second its duplicate.
    return fresh.delete(publication.key) ? 'accepted' : 'duplicate';
  });
}

/**
 * @param ids of the events, in the same order
 * @param say how no is said where not all were published
 */
export function answerOf(
  outcomes: readonly Outcome[],
  ids: readonly string[],
  say: (refusal: Refusal) => Response = refuse,
): Response {
  const indexesOf = (wanted: Outcome) =>
    outcomes.flatMap((outcome, index) => (outcome === wanted ? [index] : []));
  const [accepted, duplicates, failed, refused, overloaded] = [
    indexesOf('accepted'),
    indexesOf('duplicate'),
    indexesOf('failed'),
    indexesOf('refused'),
    indexesOf('overloaded'),
  ];
  const left = [...failed, ...refused, ...overloaded].sort((a, b) => a - b);
  if (failed.length > 0) {
    return say({
      reason: 'unavailable',
      message: `${failed.length} of ${outcomes.length} events could not be published; data says by index which. Repeat the request with these ids: what was accepted is not sent again`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  if (refused.length > 0) {
    return say({
      reason: 'too_many_hubs',
      message: `${refused.length} of ${outcomes.length} events are of new event-type namespaces, and there are ${MAX_HUBS} already, as many as are allowed; data says by index which. Publish under one that exists`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  if (overloaded.length > 0) {
    return say({
      reason: 'overloaded',
      message: `${overloaded.length} of ${outcomes.length} events were not taken, because more are published than their hubs can send; data says by index which. Repeat the request with these ids, later`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  return succeed({ accepted: accepted.length, duplicates: duplicates.length, ids });
}
