/**
 * The handshakes of a hub: a subscriber is accepted while its token is watched, its class is stored, and
 * what it has missed is read, so that the past and what is new meet without a seam.
 */

import type { EventFacts } from '../../event/facts.ts';
import type { Handshake } from '../../subscription/handshake.ts';
import type { Matcher } from '../../subscription/matcher.ts';
import { ROOT_OWNER } from '../../token/owner.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { AuthoritySync } from '../authority-sync/authority-sync.ts';
import type { Rights } from '../authority-sync/rights.ts';
import type { WatchedToken, WatchedTokens } from '../authority-sync/watched-tokens.ts';
import type { Pacer } from '../catch-up/pacer.ts';
import { newReaderTag } from '../catch-up/reader.ts';
import type { Readers } from '../catch-up/readers.ts';
import { Replay } from '../catch-up/replays.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { Journal } from '../journal/journal.ts';
import { type Position, resolvePosition, sequenceOfId } from '../journal/position.ts';
import { MAX_SOCKETS_PER_HUB, MAX_SOCKETS_PER_TOKEN } from '../limits.ts';
import type { SubscriptionClass, SubscriptionClasses } from './classes.ts';
import { FilterBudgets } from './filter-budgets.ts';
import { gapHeaders } from './gap-headers.ts';
import type { Lifetimes } from './lifetimes.ts';
import { ownerTagOf } from './owner.ts';
import { SlotCounter, SlotCounterByTag } from './slot-counter.ts';

/** Why a handshake is refused: the status, and a sentence where the status does not say all. */
export type Refused = { readonly status: 400 | 403 | 503; readonly message: string };

const FORBIDDEN: Refused = { status: 403, message: 'permission denied' };

/** What a handshake needs of its hub. */
export interface HandshakeParts {
  readonly ctx: DurableObjectState;
  readonly journal: Journal;
  readonly cursors: CursorCodec;
  readonly pacer: Pacer;
  readonly classes: SubscriptionClasses;
  readonly authoritySync: AuthoritySync;
  readonly tokens: WatchedTokens;
  readonly rights: Rights;
  readonly lifetimes: Lifetimes;
  readonly readers: Readers;
  readonly delivery: Delivery;
  readonly budget: TurnBudget;
  readonly needs: {
    /** Makes sure that the events that a subscription wants reach this hub. */
    prepare(matcher: Matcher): Promise<Refused | undefined>;
    arm(): void;
  };
}

/** Whose a subscriber is: undefined for the root token. */
export interface Owned {
  readonly watched: WatchedToken;
  /** The tag of all sockets of its owner. */
  readonly ownerTag: string;
}

export class Handshakes {
  readonly #parts: HandshakeParts;
  readonly #maxSockets: number;
  readonly #places: SlotCounter;
  /** Of the tokens and of their owners. */
  readonly #placesByTag: SlotCounterByTag;
  readonly #filterBudgets: FilterBudgets;

  constructor(parts: HandshakeParts, maxSockets = MAX_SOCKETS_PER_HUB) {
    const { ctx } = parts;
    this.#parts = parts;
    this.#maxSockets = maxSockets;
    this.#places = new SlotCounter(() => ctx.getWebSockets().length);
    this.#placesByTag = new SlotCounterByTag((tag) => ctx.getWebSockets(tag).length);
    this.#filterBudgets = new FilterBudgets(ctx, parts.classes);
  }

  /**
   * Accepts a subscriber. Events published from the 101 on are sent to it, after what it has missed.
   *
   * @returns 101; or 400, 403 or 503 with the reason as its text
   */
  async accept(handshake: Handshake): Promise<Response> {
    const { authoritySync, tokens } = this.#parts;
    const { token } = handshake;
    if (!this.#places.reserve(this.#maxSockets)) {
      return refusal(full(`this hub has ${this.#maxSockets} subscribers and takes no more`));
    }
    let watched: WatchedToken | undefined;
    try {
      if (token === undefined) return await this.#acceptClass(handshake, undefined);
      watched = await authoritySync.watch(token);
      if (watched === undefined) return refusal(FORBIDDEN);
      return await this.#acceptOwned(handshake, {
        watched,
        ownerTag: await ownerTagOf(watched.owner),
      });
    } finally {
      this.#places.settle();
      if (watched !== undefined) tokens.endHandshake(watched);
    }
  }

  /** Accepts the subscriber of a token, if the token and its owner have places left. */
  async #acceptOwned(handshake: Handshake, owned: Owned): Promise<Response> {
    const { tag } = owned.watched;
    if (!this.#placesByTag.reserve(tag, MAX_SOCKETS_PER_TOKEN)) {
      const message = `this token has ${MAX_SOCKETS_PER_TOKEN} subscribers in this hub, as many as one may have; use another`;
      return refusal(full(message));
    }
    try {
      if (!this.#reserveShare(owned.ownerTag)) return refusal(full(this.#whyNoShare(owned)));
      try {
        return await this.#acceptClass(handshake, owned);
      } finally {
        this.#placesByTag.settle(owned.ownerTag);
      }
    } finally {
      this.#placesByTag.settle(tag);
    }
  }

  /** Whether the owner has no more places than are free, which the handshake itself does not count for. */
  #reserveShare(ownerTag: string): boolean {
    const free = () => this.#maxSockets - this.#places.taken + 1;
    if (this.#placesByTag.reserve(ownerTag, free())) return true;
    this.#places.recount();
    return this.#placesByTag.reserve(ownerTag, free());
  }

  #whyNoShare({ ownerTag }: Owned): string {
    const { taken } = this.#placesByTag.of(ownerTag);
    return `you have ${taken} subscribers in this hub, with all tokens of your entity or made from yours, and may have no more than are free of the ${this.#maxSockets} that all share; close one, or try again`;
  }

  async #acceptClass(
    { subscription, since }: Handshake,
    owned: Owned | undefined,
  ): Promise<Response> {
    const { journal, cursors, pacer, classes, tokens, rights, needs } = this.#parts;
    const { watched, ownerTag: owner = ROOT_OWNER } = owned ?? {};
    const matcher = classes.matcherOf(subscription);
    const tooCostly = this.#filterBudgets.reserve(owned, matcher);
    if (tooCostly !== undefined) return refusal(full(tooCostly));
    const subscriptionClass = classes.for(subscription, watched?.principal, matcher);
    subscriptionClass.handshakes++;
    try {
      const refused = await needs.prepare(subscriptionClass.matcher);
      if (refused !== undefined) return refusal(refused);
      for (;;) {
        // The token may have been revoked meanwhile, or its policies changed.
        if (watched !== undefined && !tokens.isWatched(watched)) return refusal(FORBIDDEN);
        if (!rights.maySubscribe(subscriptionClass)) return refusal(FORBIDDEN);
        const accessKey = rights.keyOf(subscriptionClass);
        const access = rights.accessOf(subscriptionClass);
        const mayReceive = (facts: EventFacts) => access.mayReceive(facts).allowed;
        const position = resolvePosition(since, journal, cursors, mayReceive);
        if (!position.ok) return refusal({ status: 400, message: position.failure.message });
        const { after } = position.value;
        if (since !== undefined && !pacer.admit(owner, journal.bytesAfter(after))) {
          return refusal(
            full('too much is read at present for subscribers that reconnect; try again'),
          );
        }
        if (subscription.protocol === 'carillon.v1') {
          return this.#welcome(subscriptionClass, owned, position.value);
        }
        const replay = new Replay(this.#parts, after, {
          owner,
          encoding: subscription.encoding,
          isDue: (entry) => rights.isDue(subscriptionClass, entry),
          placeOfId: (id) => sequenceOfId(id, journal, mayReceive),
        });
        await replay.approach();
        if (watched !== undefined && !tokens.isWatched(watched)) return refusal(FORBIDDEN);
        // What was collected by rights that have changed is not sent.
        if (accessKey === rights.keyOf(subscriptionClass)) {
          return this.#acceptStock(subscriptionClass, owned, position.value, replay);
        }
      }
    } finally {
      this.#filterBudgets.settle(owned, matcher);
      subscriptionClass.handshakes--;
      classes.left(subscriptionClass);
    }
  }

  /** Without a wait between the last look into the journal and this, nothing is missed or sent twice. */
  #acceptStock(
    subscriptionClass: SubscriptionClass,
    owned: Owned | undefined,
    position: Position,
    replay: Replay,
  ): Response {
    const { budget, delivery } = this.#parts;
    if (!replay.finish()) {
      return refusal(full('the filter takes longer than there is between events; simplify it'));
    }
    const { client, server } = this.#acceptSocket(subscriptionClass, owned);
    delivery.joins(server);
    budget.send(server, replay.messages);
    if (replay.isFull) server.close(CLOSE_CODES.tryAgainLater, 'resume');
    const headers = gapHeaders(position, replay.isBroken);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  #welcome(
    subscriptionClass: SubscriptionClass,
    owned: Owned | undefined,
    position: Position,
  ): Response {
    const { client, server } = this.#acceptSocket(subscriptionClass, owned, newReaderTag());
    this.#parts.readers.welcome(server, subscriptionClass, position);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: gapHeaders(position, false),
    });
  }

  #acceptSocket(
    subscriptionClass: SubscriptionClass,
    owned: Owned | undefined,
    ...more: readonly string[]
  ): { client: WebSocket; server: WebSocket } {
    const { ctx, lifetimes, needs } = this.#parts;
    subscriptionClass.isUsed = true;
    const { 0: client, 1: server } = new WebSocketPair();
    const hour = lifetimes.tagAt(Date.now());
    const owners = owned === undefined ? [] : [owned.watched.tag, owned.ownerTag];
    ctx.acceptWebSocket(server, [subscriptionClass.tag, ...owners, hour, ...more]);
    needs.arm();
    return { client, server };
  }
}

function full(message: string): Refused {
  return { status: 503, message };
}

function refusal({ status, message }: Refused): Response {
  return new Response(message, { status });
}
