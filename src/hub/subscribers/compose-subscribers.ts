/**
 * The subscribers of one hub, of either kind: hibernating WebSockets, grouped into classes of equal subscriptions and
 * equal principals.
 *
 * The sockets of a class are found by a tag, so waking costs the classes and not the sockets. Other tags name the token
 * and its owner, so that a revocation closes these sockets and no others, and the end, because no socket stays open for
 * ever.
 */

import type { Alarms, AlarmTask } from '../../objects/alarms.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import { AccessCache } from '../authority-sync/access-cache.ts';
import { AccessChanges } from '../authority-sync/access-changes.ts';
import { AuthoritySync } from '../authority-sync/authority-sync.ts';
import { Authorizer } from '../authority-sync/authorizer.ts';
import { PolicyTexts } from '../authority-sync/policy-texts.ts';
import { SyncedAuthorities } from '../authority-sync/synced-authorities.ts';
import { TokenExpiry } from '../authority-sync/token-expiry.ts';
import { WatchedTokens } from '../authority-sync/watched-tokens.ts';
import { CatchUp } from '../catch-up/catch-up.ts';
import { ReplayThrottle } from '../catch-up/replay-throttle.ts';
import { EntryMatcher } from '../delivery/entry-matcher.ts';
import { FanOut } from '../delivery/fan-out.ts';
import { InProgressFlag } from '../delivery/in-progress-flag.ts';
import { TurnBudget } from '../delivery/turn-budget.ts';
import { AckTimeouts } from '../flow-control/ack-timeouts.ts';
import { AckingSubscribers } from '../flow-control/acking-subscribers.ts';
import { ClientMessages } from '../flow-control/client-messages.ts';
import { LagTable } from '../flow-control/lag-table.ts';
import { Unacknowledged } from '../flow-control/unacknowledged.ts';
import { HubMeter } from '../hub-meter.ts';
import { CursorCodec } from '../journal/cursor-codec.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import { MAX_SOCKETS_PER_HUB } from '../limits.ts';
import type { HubMemory } from '../memory-budget.ts';
import type { Admissions } from './admissions.ts';
import type { EventSupply } from './event-supply.ts';
import { FilterBudgets } from './filter-budgets.ts';
import type { FormerSubscriptions } from './former-subscriptions.ts';
import { Handshakes } from './handshakes.ts';
import { Leases } from './leases.ts';
import { Lifetimes } from './lifetimes.ts';
import type { PlacementOf } from './placement.ts';
import { ReconnectSpread } from './reconnect-spread.ts';
import { RootMarks } from './root-marks.ts';
import { SocketAcceptor } from './socket-acceptor.ts';
import { SocketCloser } from './socket-closer.ts';
import { SocketCount } from './socket-count.ts';
import { Sockets } from './sockets.ts';
import { SubscriberSlots } from './subscriber-slots.ts';
import { SubscriptionClasses } from './subscription-classes.ts';
import { SubscriptionList } from './subscription-list.ts';

/** The parts that serve subscribers. */
export type Subscribers = ReturnType<typeof composeSubscribers>;

/** @param former takes the subscriptions whose last subscriber has left */
export function composeSubscribers(
  ctx: DurableObjectState,
  env: Env,
  journal: SubscriberJournal,
  alarms: Alarms,
  memory: HubMemory,
  former?: FormerSubscriptions,
) {
  const { storage } = ctx;
  const { sql } = storage;
  const meter = new HubMeter();
  const budget = new TurnBudget(meter.counts);
  const throttle = new ReplayThrottle(budget);
  const cursors = new CursorCodec(storage, journal, ctx.id.name);
  const classes = new SubscriptionClasses(ctx, former);
  const socketCount = new SocketCount(ctx);
  const spread = new ReconnectSpread(storage.kv, socketCount);
  const closer = new SocketCloser(ctx, classes, spread, meter.counts, (socket) =>
    ackingSubscribers.closed(socket),
  );
  const policies = new PolicyTexts(sql);
  const authorizer = new Authorizer(new AccessCache(policies, classes, memory.policies), budget);
  const accessChanges = new AccessChanges(classes, authorizer, closer);
  const authorities = new SyncedAuthorities(sql);
  const tokens = new WatchedTokens(ctx, alarms);
  const synced = { authorities, tokens, policies, accessChanges };
  const authoritySync = new AuthoritySync(ctx, env, { ...synced, meter });
  const tokenExpiry = new TokenExpiry(authoritySync, tokens, accessChanges);
  const lifetimes = new Lifetimes(sql, closer);
  const rootMarks = new RootMarks(storage, env);
  const shared = {
    ctx,
    env,
    alarms,
    journal,
    memory,
    cursors,
    meter,
    budget,
    throttle,
    classes,
    socketCount,
    spread,
    closer,
    authorizer,
    entryMatcher: new EntryMatcher(authorizer, budget),
    tokens,
    authoritySync,
    tokenExpiry,
    lifetimes,
    rootMarks,
    lags: new LagTable(sql),
    unacknowledged: new Unacknowledged(memory.unacknowledged),
  };
  const catchUp = new CatchUp(shared);
  const ackingSubscribers: AckingSubscribers = new AckingSubscribers({ ...shared, catchUp });
  const served = { ...shared, catchUp, ackingSubscribers };
  const clientMessages = new ClientMessages(served);
  const ackTimeouts: AlarmTask = new AckTimeouts(served);
  const inProgress = new InProgressFlag(storage);
  const fanOut = new FanOut({ ...served, inProgress });
  const list = new SubscriptionList(served);
  rootMarks.closeUnlisted(closer);
  if (inProgress.isSet) {
    closer.close(ctx.getWebSockets(), 'unavailable', CLOSE_CODES.tryAgainLater, 'resume');
    inProgress.clear();
  }
  return { ...served, clientMessages, ackTimeouts, fanOut, list };
}

/** @param supply brings the events of a subscription to the hub */
export function composeHandshakes(
  subscribers: Subscribers,
  supply: EventSupply,
  admissions: Admissions,
  placementOf: PlacementOf,
  maxSockets = MAX_SOCKETS_PER_HUB,
): Handshakes {
  const { ctx, classes, socketCount } = subscribers;
  const slots = new SubscriberSlots(ctx, socketCount, maxSockets);
  const placement = placementOf(slots);
  const filterBudgets = new FilterBudgets(ctx, classes);
  const acceptor = new SocketAcceptor(subscribers);
  const leases = new Leases(ctx, subscribers.env);
  const own = { admissions, slots, placement, filterBudgets, acceptor, leases };
  return new Handshakes({ ...subscribers, ...own }, supply);
}

/** The sockets of a hub, and the alarms that its subscribers need. */
export function composeSockets(
  subscribers: Subscribers,
  supply: EventSupply,
  admissions: Admissions,
  placementOf: PlacementOf,
): Sockets {
  const { alarms, tokenExpiry, ackTimeouts, lifetimes } = subscribers;
  alarms.add(tokenExpiry, ackTimeouts, lifetimes, admissions);
  const handshakes = composeHandshakes(subscribers, supply, admissions, placementOf);
  return new Sockets(handshakes, admissions, subscribers);
}
