/**
 * Publishes the events of one request or delivery: finds the hub of each event, and calls each hub once. The hub appends
 * them to its journal (`hub/publish-pipeline.ts`). A duplicate has a key (`event/publication.ts`) that the journal has already:
 * `hub/journal/appender.ts` decides it.
 */

import type { Region } from '../../config/region.ts';
import { eventBatch } from '../../event/event-batch.ts';
import { eventTypeNamespace } from '../../event/event-type.ts';
import { eventKey, identityKey, originKey } from '../../event/publication.ts';
import type { CheckedEvent } from '../../ingest/read-events.ts';
import { logError } from '../../lib/log.ts';
import { quote } from '../../lib/quote.ts';
import { failureIn, invalid, ok, type Result, tooLarge } from '../../lib/result.ts';
import { ROOT, trimSlashes } from '../../namespace/namespace.ts';
import type { QuotaRefusal } from '../../namespace/quota.ts';
import { diagnosed } from '../../objects/diagnosis.ts';
import type { PublishRequest } from '../../objects/hub-contract.ts';
import { hubName } from '../../objects/names.ts';
import { isNamespaceDeleted, namespaceDeleted } from '../../objects/namespace-end.ts';
import { storageFailureOf } from '../../objects/storage-failure.ts';
import { MAX_PUBLISH_NAMESPACES } from '../../wire/limits.ts';
import { clientRegion } from '../client-region.ts';
import type { AppContext } from '../context.ts';
import { cached, findNamespace, knownNamespace } from '../namespace-lookup.ts';
import { type Refusal, refused } from '../respond.ts';
import type { RequestScope } from '../shared-calls.ts';
import { workerCaches } from '../worker-caches.ts';
import { adviceOnEvents } from './advice.ts';
import { type PublishFailure, type PublishOutcome, refusalOf } from './outcomes.ts';
import { publishInSharedCall } from './shared-calls.ts';

export interface Publisher {
  /** A stable identity. It is part of the key by which a hub finds duplicates, so nobody can use up the ids of another. */
  readonly principal: string;
  /** The publisher's new hubs and queued events count towards the share of this owner. */
  readonly owner: string;
  /** The origin that the publisher shares with others. It takes the place of the publisher and the source in the key. */
  readonly origin?: string | undefined;
}

/** What became of each event, in their order. */
export interface Published {
  readonly outcomes: readonly PublishOutcome[];
  /** Which one is exceeded, if one is. */
  readonly quota: QuotaRefusal | undefined;
}

/** What a request is answered if all of its events were published. */
export interface PublishReport {
  readonly data: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly ids: readonly string[];
    /** So that a relay learns whether the server knows origins. */
    readonly origin?: string | undefined;
  };
  readonly warnings: readonly string[];
}

/** Publishes events that are checked and authorised. If one is not published, the failure says which. */
export async function publishEvents(
  events: readonly CheckedEvent[],
  publisher: Publisher,
  c: AppContext,
): Promise<Result<PublishReport, Refusal>> {
  const namespaces = new Set(events.map(({ event }) => event.namespace));
  if (namespaces.size > MAX_PUBLISH_NAMESPACES) return tooManyNamespaces(namespaces.size, '');
  const namespaceKeys = await findNamespaceKeys(namespaces, c.env, 'until one is missing');
  const unknown = events.find(({ event }) => !namespaceKeys.has(event.namespace));
  if (unknown !== undefined) {
    return failureIn(unknown.where, invalid(unknownNamespace(unknown.event.namespace)).failure);
  }
  const published = await publishToHubs(events, publisher, namespaceKeys, c);
  if (!published.ok) return published;
  const { outcomes, quota } = published.value;
  // It is answered as any other request to a namespace that does not exist.
  const inNamespace = c.get('namespacePath') ?? ROOT;
  const areOfRequest = [...namespaces].every((each) => trimSlashes(each) === inNamespace);
  if (areOfRequest && outcomes.includes('namespace_deleted')) throw namespaceDeleted(inNamespace);
  const refusal = refusalOf(events, outcomes, quota);
  if (refusal !== undefined) return refused(refusal);
  const accepted = outcomes.filter((outcome) => outcome === 'accepted').length;
  const ids = events.map(({ event }) => event.id);
  return ok({
    data: { accepted, duplicates: events.length - accepted, ids, origin: publisher.origin },
    warnings: adviceOnEvents(events),
  });
}

/** The keys of those Vault namespaces that exist, by the path that events have. */
export async function findNamespaceKeys(
  paths: ReadonlySet<string>,
  env: Env,
  which: 'all' | 'until one is missing' = 'all',
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  const freshness = cached();
  for (const path of paths) {
    const trimmed = trimSlashes(path);
    const key = knownNamespace(trimmed) ?? (await findNamespace(trimmed, env, freshness));
    if (key !== undefined) keys.set(path, key);
    else if (which === 'until one is missing') break;
  }
  return keys;
}

export function unknownNamespace(path: string): string {
  return `namespace ${quote(path)} does not exist`;
}

/**
 * @param namespaceKeys of the Vault namespaces of all events, by path
 * @returns what became of each event, in their order
 */
export async function publishToHubs(
  events: readonly CheckedEvent[],
  publisher: Publisher,
  namespaceKeys: ReadonlyMap<string, string>,
  c: AppContext,
): Promise<Result<Published>> {
  const region = clientRegion(c);
  const published = await sendToHubs(events, publisher, namespaceKeys, c, region);
  if (published.ok) c.get('record')?.addEvents(events, published.value.outcomes);
  return published;
}

/** The same for events that the request is not about. */
export async function sendToHubs(
  events: readonly CheckedEvent[],
  { principal, owner, origin }: Publisher,
  namespaceKeys: ReadonlyMap<string, string>,
  c: Pick<RequestScope, 'env' | 'executionCtx'>,
  region?: Region,
): Promise<Result<Published>> {
  const hubs = new Map<string, HubShare>();
  for (const [index, { event, json, identity }] of events.entries()) {
    const namespaceKey = namespaceKeys.get(event.namespace) ?? '';
    const hub = hubName(namespaceKey, eventTypeNamespace(event.event_type));
    const share = hubs.get(hub) ?? { indexes: [], events: [] };
    share.indexes.push(index);
    let key: string;
    if (identity !== undefined) key = identityKey(identity, namespaceKey, event);
    else if (origin !== undefined) key = originKey(origin, namespaceKey, event);
    else key = eventKey(principal, namespaceKey, event);
    share.events.push({ key, json });
    hubs.set(hub, share);
  }
  if (hubs.size > MAX_PUBLISH_NAMESPACES) return tooManyNamespaces(hubs.size, 'event-type ');
  let quota: QuotaRefusal | undefined;
  const outcomes = new Array<PublishOutcome>(events.length).fill('failed');
  const scope = { env: c.env, executionCtx: c.executionCtx, leadsOn: hubs.size === 1 };
  await Promise.all(
    Array.from(hubs, async ([hub, share]) => {
      const request = { owner, events: eventBatch(share.events), region };
      const became = await publishToHub(hub, request, scope);
      if ('refused' in became) {
        quota ??= became.quota;
        for (const index of share.indexes) outcomes[index] = became.refused;
        return;
      }
      for (const index of share.indexes) outcomes[index] = 'accepted';
      for (const each of became.duplicates) {
        const index = share.indexes[each];
        if (index !== undefined) outcomes[index] = 'duplicate';
      }
    }),
  );
  return ok({ outcomes, quota });
}

/** The events of a request that are of one hub. */
interface HubShare {
  /** Which events of the request they are. */
  readonly indexes: number[];
  readonly events: { readonly key: string; readonly json: string }[];
}

function tooManyNamespaces(number: number, kind: '' | 'event-type ') {
  return tooLarge(
    `the request has events of ${number} ${kind}namespaces, at most ${MAX_PUBLISH_NAMESPACES} are allowed; split it`,
  );
}

/** What became of the events of one hub: the indexes of the duplicates, if the others were stored; or why none was. */
type HubOutcome =
  | { readonly duplicates: readonly number[] }
  | { readonly refused: PublishFailure; readonly quota?: QuotaRefusal | undefined };

async function publishToHub(
  hub: string,
  request: PublishRequest,
  scope: RequestScope,
): Promise<HubOutcome> {
  try {
    return await publishInSharedCall(hub, request, scope);
  } catch (failure) {
    if (isNamespaceDeleted(failure)) {
      workerCaches.namespaceDeleted();
      return { refused: 'namespace_deleted' };
    }
    const error = await diagnosed(failure, scope.env, hub);
    logError(`publishing to the hub ${hub} failed`, error);
    return { refused: storageFailureOf(error) ?? 'failed' };
  }
}
