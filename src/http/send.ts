/** Sends events to their hubs, and says what became of each. */
import { callWithRetry } from '../call.ts';
import { eventTypeNamespace } from '../event/event-type.ts';
import { quote } from '../event/quote.ts';
import { hubName } from '../hub/name.ts';
import { type Publication, publicationOf } from '../hub/publication.ts';
import type { ReadEvent } from '../ingest/read-events.ts';
import { MAX_HUBS, MAX_PUBLISH_NAMESPACES } from '../limits.ts';
import { logError } from '../log.ts';
import { trimSlashes } from '../namespace.ts';
import { at, invalid, ok, type Result, tooLarge } from '../result.ts';
import { type Refusal, refuse, succeed } from './answer.ts';
import { findNamespace } from './namespace.ts';

/** What a request's event became. */
export type Outcome = 'accepted' | 'duplicate' | 'failed' | 'refused' | 'overloaded';

/** The keys of the namespaces of the events, by the path that the events have. */
async function keysOf(
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

/** Events on their way, and by which hubs. */
export interface Dispatch {
  readonly publications: readonly Publication[];
  readonly groups: ReadonlyMap<string, readonly Publication[]>;
}

/**
 * @param principal the stable identity of who publishes
 * @param keys of the namespaces of the events, by the path that the events have
 */
export function dispatchOf(
  principal: string,
  events: readonly ReadEvent[],
  keys: ReadonlyMap<string, string>,
): Result<Dispatch> {
  const publications = events.map(({ event, json }) =>
    publicationOf(principal, keys.get(event.namespace) ?? '', event, json),
  );
  const groups = Map.groupBy(publications, ({ facts }) =>
    hubName(keys.get(facts.namespace) ?? '', eventTypeNamespace(facts.event_type)),
  );
  return groups.size > MAX_PUBLISH_NAMESPACES
    ? tooManyNamespaces(groups.size, 'event-type ')
    : ok({ publications, groups });
}

function tooManyNamespaces(number: number, kind: '' | 'event-type ') {
  return tooLarge(
    `the request has events of ${number} ${kind}namespaces, at most ${MAX_PUBLISH_NAMESPACES} are allowed; split it`,
  );
}

/**
 * Publishes events that may be published, all in one go.
 *
 * @param refuseWith says no
 */
export async function publishAll(
  principal: string,
  events: readonly ReadEvent[],
  env: Env,
  refuseWith: (refusal: Refusal) => Response = refuse,
): Promise<Response> {
  const namespaces = new Set(events.map(({ event }) => event.namespace));
  if (namespaces.size > MAX_PUBLISH_NAMESPACES) {
    return refuseWith(tooManyNamespaces(namespaces.size, '').failure);
  }
  const keys = await keysOf(events, env);
  if (!keys.ok) return refuseWith(keys.failure);
  const dispatch = dispatchOf(principal, events, keys.value);
  if (!dispatch.ok) return refuseWith(dispatch.failure);
  const outcomes = await send(dispatch.value, env);
  const ids = events.map(({ event }) => event.id);
  return answerOf(outcomes, ids, refuseWith);
}

/** Sends each hub its events and returns what became of each event, in the order of the request. */
export async function send({ publications, groups }: Dispatch, env: Env): Promise<Outcome[]> {
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
        logError(`publishing to the hub ${hub} failed`, error);
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
 * @param refuseWith says no, where not all were published
 */
export function answerOf(
  outcomes: readonly Outcome[],
  ids: readonly string[],
  refuseWith: (refusal: Refusal) => Response = refuse,
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
    return refuseWith({
      reason: 'unavailable',
      message: `${failed.length} of ${outcomes.length} events could not be published; data says by index which. Repeat the request with these ids: what was accepted is not sent again`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  if (refused.length > 0) {
    return refuseWith({
      reason: 'too_many_hubs',
      message: `${refused.length} of ${outcomes.length} events are of new event-type namespaces, and there are ${MAX_HUBS} already, as many as are allowed; data says by index which. Publish under one that exists`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  if (overloaded.length > 0) {
    return refuseWith({
      reason: 'overloaded',
      message: `${overloaded.length} of ${outcomes.length} events were not taken, because more are published than their hubs can send; data says by index which. Repeat the request with these ids, later`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  return succeed({ accepted: accepted.length, duplicates: duplicates.length, ids });
}
