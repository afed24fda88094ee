/**
 * Publishes the events of one request or delivery: finds the hub of each event, and calls each hub once. The hub appends
 * them to its journal (`hub/publish-pipeline.ts`). A duplicate has a key (`event/publication.ts`) that the journal has already:
 * `hub/journal/journal-table.ts` decides it.
 */

import { eventTypeNamespace } from '../../event/event-type.ts';
import { type Publication, publicationOf } from '../../event/publication.ts';
import type { CheckedEvent } from '../../ingest/read-events.ts';
import { logError } from '../../lib/log.ts';
import { quote } from '../../lib/quote.ts';
import { failureIn, invalid, ok, type Result, tooLarge } from '../../lib/result.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { diagnosed } from '../../objects/call.ts';
import { hubName } from '../../objects/names.ts';
import { storageFailureOf } from '../../objects/storage-failure.ts';
import { callHub, hubStub } from '../../objects/stubs.ts';
import { MAX_PUBLISH_NAMESPACES } from '../../wire/limits.ts';
import { findNamespaceCached } from '../namespace-lookup.ts';
import type { RequestRecord } from '../request-record.ts';
import type { Refusal } from '../respond.ts';
import { adviceOnPublications } from './advice.ts';
import {
  type PublishedCounts,
  type PublishFailure,
  type PublishOutcome,
  type PublishOutcomes,
  reportOf,
} from './outcomes.ts';

export interface Publisher {
  /** A stable identity. It is part of the key by which a hub finds duplicates, so nobody can use up the ids of another. */
  readonly principal: string;
  /** The publisher's new hubs and queued events count towards the share of this owner. */
  readonly owner: string;
}

/** What a request is answered if all of its events were published. */
export interface PublishReport {
  readonly data: PublishedCounts;
  readonly warnings: readonly string[];
}

/** Publishes events that are checked and authorised. If one is not published, the failure says which. */
export async function publishEvents(
  events: readonly CheckedEvent[],
  publisher: Publisher,
  env: Env,
  record?: RequestRecord,
): Promise<Result<PublishReport, Refusal>> {
  const namespaces = new Set(events.map(({ event }) => event.namespace));
  if (namespaces.size > MAX_PUBLISH_NAMESPACES) return tooManyNamespaces(namespaces.size, '');
  const namespaceKeys = await findNamespaceKeys(namespaces, env, 'until one is missing');
  const unknown = events.find(({ event }) => !namespaceKeys.has(event.namespace));
  if (unknown !== undefined) {
    return failureIn(unknown.where, invalid(unknownNamespace(unknown.event.namespace)).failure);
  }
  const outcomes = await publishToHubs(events, publisher, namespaceKeys, env, record);
  if (!outcomes.ok) return outcomes;
  const data = reportOf(outcomes.value);
  if (!data.ok) return data;
  return ok({ data: data.value, warnings: adviceOnPublications([...outcomes.value.keys()]) });
}

/** The keys of those Vault namespaces that exist, by the path that events have. */
export async function findNamespaceKeys(
  paths: ReadonlySet<string>,
  env: Env,
  which: 'all' | 'until one is missing' = 'all',
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const path of paths) {
    const key = await findNamespaceCached(trimSlashes(path), env);
    if (key !== undefined) keys.set(path, key);
    else if (which === 'until one is missing') break;
  }
  return keys;
}

export function unknownNamespace(path: string): string {
  return `namespace ${quote(path)} does not exist`;
}

/** @param namespaceKeys of the Vault namespaces of all events, by path */
export async function publishToHubs(
  events: readonly CheckedEvent[],
  { principal, owner }: Publisher,
  namespaceKeys: ReadonlyMap<string, string>,
  env: Env,
  record?: RequestRecord,
): Promise<Result<PublishOutcomes>> {
  const keyOf = (path: string) => namespaceKeys.get(path) ?? '';
  const publications = events.map(({ event, json }) =>
    publicationOf(principal, keyOf(event.namespace), event, json),
  );
  const groups = Map.groupBy(publications, ({ facts }) =>
    hubName(keyOf(facts.namespace), eventTypeNamespace(facts.event_type)),
  );
  if (groups.size > MAX_PUBLISH_NAMESPACES) return tooManyNamespaces(groups.size, 'event-type ');
  // Filled in the order of the request. Each hub then overwrites the outcomes of its own events.
  const outcomes = new Map<Publication, PublishOutcome>(
    publications.map((publication) => [publication, 'failed']),
  );
  await Promise.all(
    Array.from(groups, async ([hub, group]) => {
      const { keys, refused } = await publishToHub(hub, group, owner, env);
      const accepted = new Set(keys);
      for (const publication of group) {
        // If two events of a request have the same key, the first is accepted and the second is its duplicate.
        const isAccepted = accepted.delete(publication.key);
        outcomes.set(publication, refused ?? (isAccepted ? 'accepted' : 'duplicate'));
      }
    }),
  );
  record?.addEvents(outcomes);
  return ok(outcomes);
}

function tooManyNamespaces(number: number, kind: '' | 'event-type ') {
  return tooLarge(
    `the request has events of ${number} ${kind}namespaces, at most ${MAX_PUBLISH_NAMESPACES} are allowed; split it`,
  );
}

/** @returns the keys of the events that the hub did not have; or why it took none */
async function publishToHub(
  hub: string,
  publications: readonly Publication[],
  owner: string,
  env: Env,
): Promise<{ readonly keys: readonly string[]; readonly refused?: PublishFailure }> {
  try {
    return await callHub(env, hub, async (stub) => await stub.publish(publications, owner));
  } catch (failure) {
    const error = await diagnosed(failure, hubStub(env, hub));
    logError(`publishing to the hub ${hub} failed`, error);
    return { keys: [], refused: storageFailureOf(error) ?? 'failed' };
  }
}
