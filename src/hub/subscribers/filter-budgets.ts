/**
 * The budgets of what the filters of a hub's subscribers cost: the one thread of the hub runs them all for an event.
 * Each token has a budget. Because a client may have many tokens, the hub has one too, of which an owner may use no more
 * than is left.
 *
 * A tag (of a token, or of an owner) uses the different filters of its open sockets and of its handshakes under way.
 * They are counted once, each reservation is added, and they are counted again when they seem to cost too much. So
 * neither connecting nor leaving costs more in a hub with many sockets.
 */

import { LruCache } from '../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import type { Matcher } from '../../subscription/matcher.ts';
import { MAX_FILTER_COST_PER_HUB, MAX_FILTER_COST_PER_TOKEN } from '../limits.ts';
import { listOwnerTags, type OwnerTags } from './owner-tags.ts';
import { type HandshakeRefusal, unavailable } from './refusal.ts';
import { isOpen, type SubscriptionClasses } from './subscription-classes.ts';

/** The keys of the matchers of a tag, or of more, and what their filters cost. */
interface Used {
  readonly keys: Set<string>;
  cost: number;
}

const ADVICE =
  '"==" costs nothing, text to search for little, a regular expression as much as it has instructions';

export class FilterBudgets {
  readonly #ctx: DurableObjectState;
  readonly #classes: SubscriptionClasses;
  readonly #used = new LruCache<Used>(MAX_CACHED_LOOKUPS);
  /** Matchers of handshakes under way, by tag. */
  readonly #reserved = new Map<string, Matcher[]>();

  constructor(ctx: DurableObjectState, classes: SubscriptionClasses) {
    this.#ctx = ctx;
    this.#classes = classes;
  }

  /**
   * Reserves what the filter of a handshake costs.
   *
   * @param tags undefined for the root token, which only the budget of the hub limits
   * @returns why it costs too much; undefined if it does not
   */
  reserve(tags: OwnerTags | undefined, matcher: Matcher): HandshakeRefusal | undefined {
    if (matcher.cost === 0) return undefined;
    const refused = this.#refuse(tags, matcher);
    if (refused === undefined) {
      for (const tag of listOwnerTags(tags)) {
        this.#reserved.set(tag, [...(this.#reserved.get(tag) ?? []), matcher]);
      }
    }
    return refused;
  }

  /** The handshake has ended. If its socket was accepted, that is counted now. */
  release(tags: OwnerTags | undefined, matcher: Matcher): void {
    if (matcher.cost === 0) return;
    for (const tag of listOwnerTags(tags)) {
      const others = [...(this.#reserved.get(tag) ?? [])];
      others.splice(others.indexOf(matcher), 1);
      if (others.length > 0) this.#reserved.set(tag, others);
      else this.#reserved.delete(tag);
    }
  }

  #refuse(tags: OwnerTags | undefined, matcher: Matcher): HandshakeRefusal | undefined {
    const isNew = !this.#classes.matchers.has(matcher);
    if (isNew) this.#classes.forgetEmpty();
    const ofHub = this.#classes.matchers.filterCost + (isNew ? matcher.cost : 0);
    const left = MAX_FILTER_COST_PER_HUB - ofHub;
    if (isNew && left < 0) {
      return unavailable(
        `the filters of this hub's subscribers would cost ${ofHub}, at most ${MAX_FILTER_COST_PER_HUB} are allowed; ${ADVICE}`,
      );
    }
    if (tags === undefined) return undefined;
    const ofToken = this.#add(tags.token, matcher, MAX_FILTER_COST_PER_TOKEN);
    if (ofToken > MAX_FILTER_COST_PER_TOKEN) {
      return unavailable(
        `the filters of this token's subscribers in this hub would cost ${ofToken}, at most ${MAX_FILTER_COST_PER_TOKEN} are allowed; ${ADVICE}`,
      );
    }
    const ofOwner = this.#add(tags.owner, matcher, left);
    if (ofOwner > left) {
      return unavailable(
        `your filters in this hub would cost ${ofOwner}, with all tokens of your entity or made from yours, and may cost no more than what they leave of the ${MAX_FILTER_COST_PER_HUB} that all share; ${ADVICE}`,
      );
    }
    return undefined;
  }

  /** @returns what the tag would use with this matcher; it is added if that is not too much */
  #add(tag: string, matcher: Matcher, most: number): number {
    let used = this.#used.getOrMake(tag, () => this.#count(tag));
    if (used.keys.has(matcher.key)) return used.cost;
    if (used.cost + matcher.cost > most) {
      used = this.#count(tag);
      this.#used.set(tag, used);
    }
    if (used.keys.has(matcher.key)) return used.cost;
    const total = used.cost + matcher.cost;
    if (total <= most) add(used, matcher);
    return total;
  }

  #count(tag: string): Used {
    const used: Used = { keys: new Set(), cost: 0 };
    for (const socket of this.#ctx.getWebSockets(tag)) {
      const matcher = isOpen(socket) ? this.#classes.of(socket)?.matcher : undefined;
      if (matcher !== undefined) add(used, matcher);
    }
    for (const matcher of this.#reserved.get(tag) ?? []) add(used, matcher);
    return used;
  }
}

function add(used: Used, { key, cost }: Matcher): void {
  if (cost === 0 || used.keys.has(key)) return;
  used.keys.add(key);
  used.cost += cost;
}
