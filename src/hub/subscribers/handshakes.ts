/**
 * The handshakes of a hub. While one is under way its token is watched and its class is stored, so that neither a
 * revocation nor an event is missed between the checks and the 101.
 */

import type { EventFacts } from '../../event/facts.ts';
import { ok } from '../../lib/result.ts';
import { parseRegion, writeDirectory } from '../../objects/shard-directory.ts';
import type { Handshake } from '../../subscription/handshake.ts';
import { ROOT_OWNER } from '../../token/owner.ts';
import type { AuthoritySync } from '../authority-sync/authority-sync.ts';
import type { Authorizer } from '../authority-sync/authorizer.ts';
import type { WatchedToken, WatchedTokens } from '../authority-sync/watched-tokens.ts';
import { Replay } from '../catch-up/replay.ts';
import type { ReplayThrottle } from '../catch-up/replay-throttle.ts';
import type { EntryMatcher } from '../delivery/entry-matcher.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { HubMeter } from '../hub-meter.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import { leadsBack, resolvePosition } from '../journal/position.ts';
import { PositionLookup } from '../journal/position-lookup.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import type { HubMemory } from '../memory-budget.ts';
import type { Admissions, Entry } from './admissions.ts';
import type { EventSupply } from './event-supply.ts';
import type { FilterBudgets } from './filter-budgets.ts';
import type { Leases } from './leases.ts';
import { listOwnerTags, type OwnerTags, ownerTagOf } from './owner-tags.ts';
import type { Placement } from './placement.ts';
import type { ReconnectSpread } from './reconnect-spread.ts';
import { BUSY, FORBIDDEN, OTHER_SECRET, refuse } from './refusal.ts';
import type { RootMarks } from './root-marks.ts';
import type { SocketAcceptor } from './socket-acceptor.ts';
import type { SubscriberSlots } from './subscriber-slots.ts';
import type { SubscriptionClass, SubscriptionClasses } from './subscription-classes.ts';

interface HandshakeParts {
  readonly journal: SubscriberJournal;
  readonly memory: HubMemory;
  readonly cursors: CursorCodec;
  readonly budget: TurnBudget;
  readonly meter: HubMeter;
  readonly throttle: ReplayThrottle;
  readonly classes: SubscriptionClasses;
  readonly tokens: WatchedTokens;
  readonly authoritySync: AuthoritySync;
  readonly authorizer: Authorizer;
  readonly entryMatcher: EntryMatcher;
  readonly slots: SubscriberSlots;
  readonly placement: Placement;
  readonly spread: ReconnectSpread;
  readonly filterBudgets: FilterBudgets;
  readonly rootMarks: RootMarks;
  readonly acceptor: SocketAcceptor;
  readonly leases: Leases;
  readonly admissions: Admissions;
}

/** The token of a handshake; none for the root token. */
interface Bearer {
  readonly watched: WatchedToken;
  readonly tags: OwnerTags;
  /** When the client showed the token, or a ticket, last, if it may have a lease. Unix milliseconds. */
  readonly shownAt: number | undefined;
}

export class Handshakes {
  readonly #parts: HandshakeParts;
  readonly #supply: EventSupply;

  constructor(parts: HandshakeParts, supply: EventSupply) {
    this.#parts = parts;
    this.#supply = supply;
  }

  /**
   * Accepts a subscriber. It is sent what it missed, and then every event that is published after the 101.
   *
   * @returns 101; 421 if another object of the hub serves it; or 400, 403, 429 or 503 with the reason as its text. `Retry-After` of a 503 has the seconds over which
   * subscribers should spread, and that of a 429 those after which to try again
   */
  async accept(handshake: Handshake): Promise<Response> {
    const { placement } = this.#parts;
    const response = await this.#accept(handshake);
    if (response.status === 101 || response.status === 421) {
      writeDirectory(response, placement.directory);
    }
    if (response.status !== 503) return response;
    const spreadMs = this.#parts.spread.ofCrowd(Date.now());
    response.headers.set('Retry-After', String(Math.ceil(spreadMs / 1000)));
    return response;
  }

  async #accept(handshake: Handshake): Promise<Response> {
    const { placement, tokens, authoritySync, rootMarks } = this.#parts;
    const { token, lease, mayLease, rootMark } = handshake;
    const client = parseRegion(handshake.region);
    if (rootMark !== undefined && !rootMarks.isListed(rootMark)) return refuse(OTHER_SECRET);
    const full = await placement.reserve(client);
    if (full !== undefined) return refuse(full);
    let watched: WatchedToken | undefined;
    try {
      if (lease !== undefined) watched = await authoritySync.resume(lease);
      else if (token === undefined) return await this.#admit(handshake, undefined);
      else watched = await authoritySync.watch(token);
      if (watched === undefined) return refuse(FORBIDDEN);
      const tags = { token: watched.tag, owner: await ownerTagOf(watched.owner) };
      const shownAt = lease?.shownAt ?? (mayLease ? Date.now() : undefined);
      return await this.#admitBearer(handshake, { watched, tags, shownAt });
    } finally {
      placement.release(client);
      if (watched !== undefined) tokens.endHandshake(watched);
    }
  }

  async #admitBearer(handshake: Handshake, bearer: Bearer): Promise<Response> {
    const { slots } = this.#parts;
    const full = slots.reserveOwned(bearer.tags);
    if (full !== undefined) return refuse(full);
    try {
      return await this.#admit(handshake, bearer);
    } finally {
      slots.releaseOwned(bearer.tags);
    }
  }

  async #admit(handshake: Handshake, bearer: Bearer | undefined): Promise<Response> {
    const { classes, filterBudgets, admissions, authorizer } = this.#parts;
    const { subscription } = handshake;
    const matcher = classes.matchers.of(subscription);
    const tooCostly = filterBudgets.reserve(bearer?.tags, matcher);
    if (tooCostly !== undefined) return refuse(tooCostly);
    const subscriptionClass = classes.for(subscription, bearer?.watched.principal, matcher);
    subscriptionClass.handshakes++;
    try {
      const refused = await this.#supply.prepare(subscriptionClass.matcher);
      if (refused !== undefined) return refuse(refused);
      if (!authorizer.maySubscribe(subscriptionClass)) return refuse(FORBIDDEN);
      const { since } = handshake;
      const { watched, tags } = bearer ?? {};
      const owner = tags?.owner ?? ROOT_OWNER;
      const entry = await admissions.admit({ subscription, since, watched, owner });
      if (!entry.ok) return refuse(entry.failure);
      try {
        return await this.#connect(handshake, subscriptionClass, bearer, entry.value);
      } finally {
        entry.value.end();
      }
    } finally {
      filterBudgets.release(bearer?.tags, matcher);
      subscriptionClass.handshakes--;
      classes.left(subscriptionClass);
    }
  }

  async #connect(
    { subscription, rootMark, since, region, isStream = false }: Handshake,
    subscriptionClass: SubscriptionClass,
    bearer: Bearer | undefined,
    entry: Entry,
  ): Promise<Response> {
    const { journal, cursors, budget, throttle, tokens, authorizer } = this.#parts;
    const { entryMatcher, acceptor, leases, meter, rootMarks, placement } = this.#parts;
    const { watched, tags, shownAt } = bearer ?? {};
    const owner = tags?.owner ?? ROOT_OWNER;
    const whose = () => [
      ...(tags === undefined ? rootMarks.tagsFor(rootMark) : listOwnerTags(tags)),
      ...placement.tagsFor(parseRegion(region)),
    ];
    const isRevoked = () => watched !== undefined && !tokens.isWatched(watched);
    let lookup = new PositionLookup(journal);
    let isAdmitted = false;
    for (;;) {
      // While the handshake waited, the token may have been revoked, or its policies may have changed.
      if (isRevoked() || !authorizer.maySubscribe(subscriptionClass)) return refuse(FORBIDDEN);
      const accessKey = authorizer.keyOf(subscriptionClass);
      const access = authorizer.accessOf(subscriptionClass);
      const mayReceive = (facts: EventFacts) => access.mayReceive(facts).allowed;
      if (lookup.isNew && (since?.kind === 'event' || since?.kind === 'time')) {
        // An id is searched for before it is known how much was missed.
        const { bytesToSearch } = journal;
        // A search may take more than the budget. It is admitted before it counts, and once.
        if (bytesToSearch > 0) {
          isAdmitted = throttle.admit(owner, 0);
          if (!isAdmitted) return refuse(BUSY);
        }
        throttle.count(owner, bytesToSearch);
      }
      const start = entry.start(lookup);
      const position = start
        ? ok(start)
        : resolvePosition(since, journal, lookup, cursors, mayReceive);
      const finding = lookup.find();
      if (finding !== undefined) {
        await finding;
        continue;
      }
      if (!position.ok) return refuse({ status: 400, message: position.failure.message });
      const { after } = position.value;
      const isResumed = since !== undefined || after < journal.last;
      const isAffordable = () => {
        isAdmitted ||= !isResumed || throttle.admit(owner, journal.bytesAfter(after));
        return isAdmitted;
      };
      const loading = lookup.load(after);
      if (loading !== undefined) {
        if (!isAffordable()) return refuse(BUSY);
        await loading;
        continue;
      }
      if (subscription.protocol === 'carillon.v1') {
        if (!isAffordable()) return refuse(BUSY);
        if (since !== undefined) meter.resumed(position.value.gap !== undefined, false);
        const lease = watched && shownAt && leases.sign(watched, subscription, shownAt);
        const greeting = { isStream, shownAt, lease: lease || undefined };
        return acceptor.acceptAcking(subscriptionClass, whose(), position.value, greeting);
      }
      const replay = new Replay(this.#parts, after, {
        owner,
        encoding: subscription.encoding,
        wants: (entry) => entryMatcher.matches(subscriptionClass, entry),
        leadsBack: (event) => leadsBack(event, lookup, mayReceive),
        lookup,
      });
      if (!(await replay.reserve())) return refuse(BUSY);
      try {
        // Only now: what is refused for lack of memory reads nothing, and would use up the share of those that come back.
        if (!isAffordable()) return refuse(BUSY);
        // Others that were ready in the same turn may have spent it.
        do await replay.readMost();
        while (replay.bytes > 0 && budget.isSpent);
        if (isRevoked()) return refuse(FORBIDDEN);
        // A replay that was collected under other rights is not sent.
        if (accessKey === authorizer.keyOf(subscriptionClass)) {
          const response = acceptor.acceptStock(
            subscriptionClass,
            whose(),
            position.value,
            replay,
            start && { start, entry },
          );
          if (isResumed && response.status === 101) {
            meter.resumed(position.value.gap !== undefined || replay.hasGap, replay.isFull);
          }
          return response;
        }
      } finally {
        replay.release();
      }
      lookup = new PositionLookup(journal);
      isAdmitted = false;
    }
  }
}
