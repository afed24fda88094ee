/**
 * Publishes that an isolate has at the same time share a call to their hub (`http/shared-calls.ts`). Under load the call,
 * and what the hub does for it, costs more than the events.
 */

import { countOf } from '../../event/event-batch.ts';
import { LruCache } from '../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import type { PublishReceipt, PublishRequest } from '../../objects/hub-contract.ts';
import { nameForOperators } from '../../objects/names.ts';
import { failureAt } from '../../objects/storage-failure.ts';
import {
  CALL_LINGER_MS,
  MAX_CALL_WAIT_MS,
  MAX_SHARED_CHARACTERS,
  MAX_SHARED_EVENTS,
  SLOW_CALL_MS,
} from '../limits.ts';
import { type RequestScope, type SharedCallKind, SharedCalls } from '../shared-calls.ts';
import { callToPublish } from './publish-call.ts';

/** By the name of their hub. */
const sharedCalls = new LruCache<SharedCalls<PublishRequest, PublishReceipt>>(MAX_CACHED_LOOKUPS);

/**
 * Publishes the events of one request in one hub.
 *
 * @returns which events are duplicates, or why the hub takes none
 * @throws if the call failed, or the hub failed to store the events
 */
export async function publishInSharedCall(
  hub: string,
  request: PublishRequest,
  scope: RequestScope,
): Promise<Exclude<PublishReceipt, { failed: string }>> {
  const calls = sharedCalls.getOrMake(hub, () => new SharedCalls(publishesTo(hub)));
  const receipt = await calls.ask(request, scope);
  if ('failed' in receipt) throw failureAt(nameForOperators(hub), new Error(receipt.failed));
  return receipt;
}

/** If so many wait, the next call lingers for more. */
const LINGER_FROM = 2;

/** A hub that does not keep its contract. */
const NO_ANSWER: PublishReceipt = { failed: 'the hub did not say what became of the events' };

function publishesTo(hub: string): SharedCallKind<PublishRequest, PublishReceipt> {
  return {
    call: (env, requests) => callToPublish(env, hub, requests),
    noAnswer: NO_ANSWER,
    // The hub may still have the first call in its queue, so a refusal does not tell what becomes of the events. If the
    // first call did publish them, they are duplicates now.
    again: (receipt) => ('refused' in receipt ? NO_ANSWER : receipt),
    room: roomInCall,
    // A hub with many subscribers is busy with sending, and writes and sends together what comes meanwhile. It gets more
    // of that if no request waits for the call of others.
    slowCallMs: SLOW_CALL_MS,
    maxWaitMs: MAX_CALL_WAIT_MS,
    pauseMs: () => 0,
    lingerMs: (waiting) => (waiting >= LINGER_FROM ? CALL_LINGER_MS : 0),
  };
}

function roomInCall(): (request: PublishRequest) => boolean {
  let freeEvents = MAX_SHARED_EVENTS;
  let freeCharacters = MAX_SHARED_CHARACTERS;
  return ({ events }) => {
    const count = countOf(events);
    const characters = events.keys.length + events.frames.length;
    if (count > freeEvents || characters > freeCharacters) return false;
    freeEvents -= count;
    freeCharacters -= characters;
    return true;
  };
}
