/**
 * What the filters of a hub's subscribers may cost together: an event is held against all of them, in the one
 * thread of the hub. Each token has a budget; and because somebody may have many tokens, the hub has one, of
 * which an owner may use no more than is left.
 *
 * What a tag (of a token, or of an owner) uses are the different filters of its open sockets and of its
 * handshakes under way. They are counted once, then added up, and counted again when there seems to be too
 * much: so neither coming nor leaving costs more where there are many.
 */

import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import { LruCache } from '../../lib/lru-cache.ts';
import type { Matcher } from '../../subscription/matcher.ts';
import { MAX_FILTER_COST_PER_HUB, MAX_FILTER_COST_PER_TOKEN } from '../limits.ts';
import { isOpen, type SubscriptionClasses } from './classes.ts';
import type { Owned } from './handshakes.ts';

/** The matchers of a tag, or more, by their keys; and what their filters cost. */
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
  readonly #underWay = new Map<string, Matcher[]>();

  constructor(ctx: DurableObjectState, classes: SubscriptionClasses) {
    this.#ctx = ctx;
    this.#classes = classes;
  }

  /**
   * Takes what the filter of a handshake costs, until `settle`. The root token is held to the budget of the hub.
   *
   * @returns why it is too much; undefined where it is not
   */
  reserve(owned: Owned | undefined, matcher: Matcher): string | undefined {
    if (matcher.cost === 0) return undefined;
    const refused = this.#refuse(owned, matcher);
    if (refused === undefined) {
      for (const tag of tagsOf(owned)) {
        this.#underWay.set(tag, [...(this.#underWay.get(tag) ?? []), matcher]);
      }
    }
    return refused;
  }

  /** The handshake has ended: its socket has been accepted, or there is none. */
  settle(owned: Owned | undefined, matcher: Matcher): void {
    if (matcher.cost === 0) return;
    for (const tag of tagsOf(owned)) {
      const others = [...(this.#underWay.get(tag) ?? [])];
      others.splice(others.indexOf(matcher), 1);
      if (others.length > 0) this.#underWay.set(tag, others);
      else this.#underWay.delete(tag);
    }
  }

  #refuse(owned: Owned | undefined, matcher: Matcher): string | undefined {
    const isNew = !this.#classes.has(matcher);
    if (isNew) this.#classes.forgetEmpty();
    const ofHub = this.#classes.filterCost + (isNew ? matcher.cost : 0);
    const left = MAX_FILTER_COST_PER_HUB - ofHub;
    if (isNew && left < 0) {
      return `the filters of this hub's subscribers would cost ${ofHub}, at most ${MAX_FILTER_COST_PER_HUB} are allowed; ${ADVICE}`;
    }
    if (owned === undefined) return undefined;
    const ofToken = this.#add(owned.watched.tag, matcher, MAX_FILTER_COST_PER_TOKEN);
    if (ofToken > MAX_FILTER_COST_PER_TOKEN) {
      return `the filters of this token's subscribers in this hub would cost ${ofToken}, at most ${MAX_FILTER_COST_PER_TOKEN} are allowed; ${ADVICE}`;
    }
    const ofOwner = this.#add(owned.ownerTag, matcher, left);
    if (ofOwner > left) {
      return `your filters in this hub would cost ${ofOwner}, with all tokens of your entity or made from yours, and may cost no more than what they leave of the ${MAX_FILTER_COST_PER_HUB} that all share; ${ADVICE}`;
    }
    return undefined;
  }

  /** @returns what the tag would use with this matcher, which is noted where that is not too much */
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
    for (const matcher of this.#underWay.get(tag) ?? []) add(used, matcher);
    return used;
  }
}

function tagsOf(owned: Owned | undefined): string[] {
  return owned === undefined ? [] : [owned.watched.tag, owned.ownerTag];
}

function add(used: Used, { key, cost }: Matcher): void {
  if (cost === 0 || used.keys.has(key)) return;
  used.keys.add(key);
  used.cost += cost;
}
