/**
 * The subscribers of one hub, of either kind: hibernating WebSockets, grouped into classes of equal subscriptions and
 * equal principals.
 *
 * The sockets of a class are found by a tag, so waking costs the classes and not the sockets. Other tags name the token
 * and its owner, so that a revocation closes these sockets and no others, and the hour, because no socket stays open for
 * ever.
 */

import type { Alarms } from '../../objects/alarms.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import { AccessCache } from '../authority-sync/access-cache.ts';
import { AuthoritySync } from '../authority-sync/authority-sync.ts';
import { PolicyTexts } from '../authority-sync/policy-texts.ts';
import { Revocation } from '../authority-sync/revocation.ts';
import { Rights } from '../authority-sync/rights.ts';
import { SyncedAuthorities } from '../authority-sync/synced-authorities.ts';
import { TokenExpiry } from '../authority-sync/token-expiry.ts';
import { WatchedTokens } from '../authority-sync/watched-tokens.ts';
import { Pacer } from '../catch-up/pacer.ts';
import { Readers } from '../catch-up/readers.ts';
import { Delivery } from '../delivery/delivery.ts';
import { DeliveryMark } from '../delivery/delivery-mark.ts';
import { TurnBudget } from '../delivery/turn-budget.ts';
import type { RetainedSubscriptions } from '../feeds/incoming/retained-subscriptions.ts';
import { CursorCodec } from '../journal/cursor-codec.ts';
import type { Journal } from '../journal/journal.ts';
import { MAX_SOCKETS_PER_HUB } from '../limits.ts';
import { SubscriptionClasses } from './classes.ts';
import type { EventSupply } from './event-supply.ts';
import { FilterBudgets } from './filter-budgets.ts';
import { Handshakes } from './handshakes.ts';
import { Lifetimes } from './lifetimes.ts';
import { SocketAcceptor } from './socket-acceptor.ts';
import { SocketCloser } from './socket-closer.ts';
import { SubscriberSlots } from './subscriber-slots.ts';

/** The parts that serve subscribers. */
export type Subscribers = ReturnType<typeof composeSubscribers>;

/** @param retained takes the subscriptions whose last subscriber has left */
export function composeSubscribers(
  ctx: DurableObjectState,
  env: Env,
  journal: Journal,
  alarms: Alarms,
  retained?: RetainedSubscriptions,
) {
  const { storage } = ctx;
  const { sql } = storage;
  const budget = new TurnBudget();
  const pacer = new Pacer(budget);
  const cursors = new CursorCodec(storage, journal, ctx.id.name ?? '');
  const classes = new SubscriptionClasses(ctx, retained);
  const closer = new SocketCloser(ctx, classes);
  const policies = new PolicyTexts(sql);
  const rights = new Rights(new AccessCache(policies, classes), budget);
  const revocation = new Revocation(classes, rights, closer);
  const authorities = new SyncedAuthorities(sql);
  const tokens = new WatchedTokens(ctx, alarms);
  const synced = { authorities, tokens, policies, revocation };
  const authoritySync = new AuthoritySync(ctx, env, synced);
  const tokenExpiry = new TokenExpiry(authoritySync, tokens, revocation);
  const lifetimes = new Lifetimes(sql, closer);
  const shared = {
    ctx,
    alarms,
    journal,
    cursors,
    budget,
    pacer,
    classes,
    closer,
    rights,
    tokens,
    authoritySync,
    tokenExpiry,
    lifetimes,
  };
  const readers = new Readers(shared);
  const mark = new DeliveryMark(storage);
  const delivery = new Delivery({ ...shared, readers, mark });
  if (mark.isSet) {
    closer.close(ctx.getWebSockets(), 'unavailable', CLOSE_CODES.tryAgainLater, 'resume');
    mark.clear();
  }
  return { ...shared, readers, delivery };
}

/** @param supply brings the events of a subscription to the hub */
export function composeHandshakes(
  subscribers: Subscribers,
  supply: EventSupply,
  maxSockets = MAX_SOCKETS_PER_HUB,
): Handshakes {
  const { ctx, classes } = subscribers;
  const slots = new SubscriberSlots(ctx, maxSockets);
  const filterBudgets = new FilterBudgets(ctx, classes);
  const acceptor = new SocketAcceptor(subscribers);
  return new Handshakes({ ...subscribers, slots, filterBudgets, acceptor }, supply);
}
