/** Sends events to their hubs, and says what became of each. */

import { eventTypeNamespace } from '../../event/event-type.ts';
import type { NoPlace } from '../../hub/feeds/registry.ts';
import type { ReadEvent } from '../../ingest/read-events.ts';
import { logError } from '../../lib/log.ts';
import { quote } from '../../lib/quote.ts';
import { at, invalid, ok, type Result, tooLarge } from '../../lib/result.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { callWithRetry } from '../../objects/call.ts';
import { diagnosed } from '../../objects/diagnosis.ts';
import { hubName, nameForOperators } from '../../objects/hub-name.ts';
import { MAX_HUBS, MAX_NEW_HUBS_PER_PUBLISHER } from '../../objects/limits.ts';
import { type StorageFailure, storageFailureOf } from '../../objects/storage-failure.ts';
import { type Publication, publicationOf } from '../../subscription/publication.ts';
import { MAX_PUBLISH_NAMESPACES } from '../../wire/limits.ts';
import { adviceOnPublications } from '../events/publish-advice.ts';
import { findNamespace } from '../namespace-lookup.ts';
import { type PartialRefusal, type Refusal, refuse, succeed } from '../respond.ts';

/** What a request's event became. */
export type Outcome = 'accepted' | 'duplicate' | Unpublished;

/** Why one was not published. */
export type Unpublished = 'failed' | StorageFailure | NoPlace | 'overloaded';

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
  readonly owner: string;
}

/** Who publishes. */
export interface Publisher {
  /** Its stable identity. */
  readonly principal: string;
  /** Whose share of places its new hubs take. */
  readonly owner: string;
}

/** @param keys of the namespaces of the events, by the path that the events have */
export function dispatchOf(
  { principal, owner }: Publisher,
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
    : ok({ publications, groups, owner });
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
  publisher: Publisher,
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
  const dispatch = dispatchOf(publisher, events, keys.value);
  if (!dispatch.ok) return refuseWith(dispatch.failure);
  const outcomes = await send(dispatch.value, env);
  const ids = events.map(({ event }) => event.id);
  return answerOf(outcomes, ids, refuseWith, adviceOnPublications(dispatch.value.publications));
}

/** Sends each hub its events and returns what became of each event, in the order of the request. */
export async function send(
  { publications, groups, owner }: Dispatch,
  env: Env,
): Promise<Outcome[]> {
  const fresh = new Set<string>();
  const unpublished = new Map<Publication, Unpublished>();
  await Promise.all(
    Array.from(groups, async ([hub, group]) => {
      const published = await publishTo(hub, group, owner, env);
      for (const key of published.keys) fresh.add(key);
      const { refused } = published;
      if (refused !== undefined) for (const each of group) unpublished.set(each, refused);
    }),
  );
  return publications.map(
    (publication) =>
      unpublished.get(publication) ??
      // Of two events with one key in a request, the first is the event and the second its duplicate.
      (fresh.delete(publication.key) ? 'accepted' : 'duplicate'),
  );
}

async function publishTo(
  hub: string,
  group: readonly Publication[],
  owner: string,
  env: Env,
): Promise<{ readonly keys: readonly string[]; readonly refused?: Unpublished }> {
  try {
    return await callWithRetry(
      async () => await env.HUB.getByName(hub).publish(group, owner),
      nameForOperators(hub),
    );
  } catch (failure) {
    const error = await diagnosed(failure, env.HUB.getByName(hub));
    logError(`publishing to the hub ${hub} failed`, error);
    return { keys: [], refused: storageFailureOf(error) ?? 'failed' };
  }
}

/** How each is refused, and what is said of the events; where there are several, the first of these counts. */
const REFUSALS: Readonly<
  Record<Unpublished, { reason: PartialRefusal['reason']; because: string; advice: string }>
> = {
  failed: {
    reason: 'unavailable',
    because: 'could not be published',
    advice: 'Repeat the request with these ids: what was accepted is not sent again',
  },
  full: {
    reason: 'unavailable',
    because: 'could not be published, because the storage of this server is full',
    advice:
      'Free space, then repeat the request with these ids: what was accepted is not sent again',
  },
  unusable: {
    reason: 'unavailable',
    because:
      'could not be published, because their hub cannot use its storage, which may be full or damaged',
    advice:
      'Repeat the request with these ids: what was accepted is not sent again. If it goes on, an operator finds out more at /v1/sys/events/hubs and in the log',
  },
  unreadable: {
    reason: 'storage_unreadable',
    because: 'are of event-type namespaces whose hub cannot read its storage',
    advice:
      'Repeating the request does not help: an operator has to restore or reset that, see /v1/sys/events/hubs and the log',
  },
  too_many_hubs: {
    reason: 'too_many_hubs',
    because: `are of new event-type namespaces, and there are ${MAX_HUBS} already, as many as are allowed`,
    advice: 'Publish under one that exists',
  },
  too_many_of_publisher: {
    reason: 'too_many_hubs',
    because: `are of new event-type namespaces, and this publisher has begun ${MAX_NEW_HUBS_PER_PUBLISHER} of those that there are, as many as one may`,
    advice:
      'Publish under one that exists, or with another token; one whose events have expired, and that has no subscriber, gives its place back',
  },
  overloaded: {
    reason: 'overloaded',
    because: 'were not taken, because more are published than their hubs can send',
    advice: 'Repeat the request with these ids, later',
  },
};

/**
 * @param ids of the events, in the same order
 * @param refuseWith says no, where not all were published
 * @param warnings of events that were accepted and hardly meant
 */
export function answerOf(
  outcomes: readonly Outcome[],
  ids: readonly string[],
  refuseWith: (refusal: Refusal) => Response = refuse,
  warnings: readonly string[] = [],
): Response {
  const indexesOf = (isWanted: (outcome: Outcome) => boolean) =>
    outcomes.flatMap((outcome, index) => (isWanted(outcome) ? [index] : []));
  const accepted = indexesOf((outcome) => outcome === 'accepted');
  const duplicates = indexesOf((outcome) => outcome === 'duplicate');
  for (const why of Object.keys(REFUSALS) as Unpublished[]) {
    const { length } = indexesOf((outcome) => outcome === why);
    if (length === 0) continue;
    const { reason, because, advice } = REFUSALS[why];
    return refuseWith({
      reason,
      message: `${length} of ${outcomes.length} events ${because}; data says by index which. ${advice}`,
      data: { accepted, duplicates, failed: indexesOf(isUnpublished), ids },
    });
  }
  return succeed({ accepted: accepted.length, duplicates: duplicates.length, ids }, warnings);
}

function isUnpublished(outcome: Outcome): outcome is Unpublished {
  return outcome !== 'accepted' && outcome !== 'duplicate';
}
