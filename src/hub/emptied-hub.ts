/**
 * Deletes the events of a hub for an operator, and what it knows of its subscribers, except for its `returns`; to be called in
 * a transaction. The numbers of classes, tokens and events go on, so that none is given twice.
 */

import { FEED_REQUESTS_KEY } from './feeds/at-hub/feed-targets.ts';
import { BEHIND_KEY } from './feeds/at-hub/outgoing-feeds.ts';
import { REGISTERED_AT_KEY } from './feeds/at-hub/self-registration.ts';
import { askAllHubsAgain } from './feeds/at-wildcard-hub/known-hubs.ts';
import { openJournal } from './journal/open-journal.ts';
import { tellDispatcherSoon } from './notices/notices.ts';
import { forgetSubscribers } from './restored-hub.ts';
import { tellReplicasSoon } from './shards/at-parent/kept-replicas.ts';

/** For a hub of an event-type namespace. It registers again with its next event. */
export function emptyHub(ctx: DurableObjectState, env: Env): void {
  const { kv } = ctx.storage;
  for (const key of [FEED_REQUESTS_KEY, REGISTERED_AT_KEY, BEHIND_KEY]) kv.delete(key);
  emptySubscribersAndJournal(ctx, env);
  tellDispatcherSoon(ctx.storage);
}

/** For a wildcard hub. It still knows the hubs of the namespaces below: these are not told, and do not register again. */
export function emptyWildcardHub(ctx: DurableObjectState, env: Env): void {
  emptySubscribersAndJournal(ctx, env);
  askAllHubsAgain(ctx.storage.sql, Date.now());
}

function emptySubscribersAndJournal(ctx: DurableObjectState, env: Env): void {
  forgetSubscribers(ctx);
  openJournal(ctx.storage, env).empty(Date.now());
  tellReplicasSoon(ctx.storage);
}
