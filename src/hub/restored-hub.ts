/**
 * Makes what a restored hub has stored true again. Its journal gets another epoch, so that no sequence means two events.
 * What it knew of sockets, tokens, wildcard hubs and destinations is of the past, and it begins again without that. It keeps its `returns`, so
 * stock clients that reconnect are given what is published meanwhile.
 */

import type { Variables } from '../config/variables.ts';
import { Generation } from '../objects/generation.ts';
import { hubRestoration } from '../objects/names.ts';
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import { IN_PROGRESS_KEY } from './delivery/in-progress-flag.ts';
import { FEED_REQUESTS_KEY } from './feeds/at-hub/feed-targets.ts';
import { BEHIND_KEY } from './feeds/at-hub/outgoing-feeds.ts';
import { REGISTERED_AT_KEY } from './feeds/at-hub/self-registration.ts';
import { askAllHubsAgain } from './feeds/at-wildcard-hub/known-hubs.ts';
import { INCARNATION_KEY } from './incarnation.ts';
import { openJournal } from './journal/open-journal.ts';
import { ANNOUNCEMENTS_KEY } from './notices/announcements.ts';
import { tellDispatcherSoon } from './notices/notices.ts';
import { askDispatcherAgain } from './notices/stored-announcement.ts';
import { QUOTAS_KEY } from './quotas/known-quotas.ts';
import { putKeptReplicas, tellReplicasSoon } from './shards/at-parent/kept-replicas.ts';

const SUBSCRIBER_TABLES = [
  'subscription_classes',
  'lagging_subscribers',
  'socket_hours',
  'socket_ends',
  'authorities',
  'watched_tokens',
  'policy_texts',
];

/** Whether a hub of either kind was restored. */
export function generationOfHub(ctx: DurableObjectState, env: Env & Variables): Generation {
  return new Generation(ctx, env, hubRestoration(ctx.id.name ?? ''), env.RESTORED_HUBS);
}

/** For a hub of an event-type namespace; to be called in a transaction, before it is composed. */
export function renewHub(ctx: DurableObjectState, env: Env, kept: string | undefined): void {
  const { kv } = ctx.storage;
  renewSubscribersAndJournal(ctx, env, kept);
  kv.delete(FEED_REQUESTS_KEY);
  kv.delete(REGISTERED_AT_KEY);
  kv.delete(ANNOUNCEMENTS_KEY);
  tellDispatcherSoon(ctx.storage);
  // The wildcard hubs may lack events that it has. It registers with them and feeds them soon. They tell it what destinations want.
  kv.put(BEHIND_KEY, true);
}

/** The same for a wildcard hub. */
export function renewWildcardHub(
  ctx: DurableObjectState,
  env: Env,
  kept: string | undefined,
): void {
  renewSubscribersAndJournal(ctx, env, kept);
  askAllHubsAgain(ctx.storage.sql, Date.now());
  askDispatcherAgain(ctx.storage);
}

function renewSubscribersAndJournal(
  ctx: DurableObjectState,
  env: Env,
  kept: string | undefined,
): void {
  for (const socket of ctx.getWebSockets()) {
    socket.close(CLOSE_CODES.tryAgainLater, 'the hub was restored');
  }
  forgetSubscribers(ctx);
  openJournal(ctx.storage, env).restored(Date.now());
  putKeptReplicas(ctx.storage, kept);
  tellReplicasSoon(ctx.storage);
}

/** What the hub knows of its subscribers, their tokens and their authorities. */
export function forgetSubscribers({ storage: { sql, kv } }: DurableObjectState): void {
  for (const table of SUBSCRIBER_TABLES) sql.exec(`DELETE FROM ${table}`);
  kv.delete(INCARNATION_KEY);
  kv.delete(IN_PROGRESS_KEY);
  kv.delete(QUOTAS_KEY);
}
