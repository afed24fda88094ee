/** A call that publishes in a hub, also in one of the release before, which takes one request in a call. */

import { countOf, type EventBatch, frameAt, keyAt } from '../../event/event-batch.ts';
import { factsOf } from '../../event/facts.ts';
import type { Publication } from '../../event/publication.ts';
import { TtlCache } from '../../lib/caches.ts';
import { isMethodMissing } from '../../objects/call.ts';
import type { PublishReceipt, PublishRequest } from '../../objects/hub-contract.ts';
import { messageOf } from '../../objects/storage-failure.ts';
import { callHub } from '../../objects/stubs.ts';
import { decodeJson } from '../../wire/json.ts';
import { OLDER_OBJECT_MS } from '../limits.ts';

/** Hubs of release 0.2, by their names. */
const olderHubs = new TtlCache<true>(OLDER_OBJECT_MS);

/** @returns for each request what became of it */
export async function callToPublish(
  env: Env,
  hub: string,
  requests: readonly PublishRequest[],
): Promise<PublishReceipt[]> {
  if (olderHubs.get(hub, Date.now()) === undefined) {
    try {
      return await callHub(env, hub, (stub) => stub.publishAll(requests));
    } catch (error) {
      if (!isMethodMissing(error)) throw error;
      olderHubs.set(hub, true, Date.now());
    }
  }
  return Promise.all(requests.map((request) => callOlderHub(env, hub, request)));
}

async function callOlderHub(
  env: Env,
  hub: string,
  { events, owner }: PublishRequest,
): Promise<PublishReceipt> {
  const publications = publicationsOf(events);
  try {
    const { keys, refused } = await callHub(env, hub, (stub) => stub.publish(publications, owner));
    if (refused !== undefined) return { refused };
    const accepted = new Set(keys);
    // If two events of a request have the same key, the first is accepted and the second is its duplicate.
    const isDuplicate = ({ key }: Publication) => !accepted.delete(key);
    return { duplicates: publications.flatMap((each, i) => (isDuplicate(each) ? [i] : [])) };
  } catch (error) {
    return { failed: messageOf(error) };
  }
}

function publicationsOf(events: EventBatch): Publication[] {
  return Array.from({ length: countOf(events) }, (_, index) => {
    const json = frameAt(events, index);
    return { key: keyAt(events, index), facts: factsOf(decodeJson(json)), json };
  });
}
