/**
 * The classes of a hub's subscribers: those with equal subscriptions, of equal holders. What makes a class
 * does not fit a tag (256 characters, fixed at accept); a class is therefore a stored row, and the tag of
 * its sockets the key of the row.
 */

import type { EventFacts } from '../../event/facts.ts';
import { logError } from '../../lib/log.ts';
import type { Principal, Subscription } from '../../subscription/handshake.ts';
import { Matcher, matchingOf } from '../../subscription/matcher.ts';
import { MatcherIndex } from '../../subscription/matcher-index.ts';

export interface SubscriptionClass {
  readonly tag: string;
  /** What makes it this class and no other. */
  readonly definition: string;
  readonly subscription: Subscription;
  /** Undefined for the root token. */
  readonly holder: Principal | undefined;
  /** Shared with every class of an equal subscription, so that an event is matched once for all. */
  readonly matcher: Matcher;
  /** Under which what its holder may see is found; undefined until asked for, and after a change. */
  accessKey: string | undefined;
  /** Whether it ever had a socket. */
  isUsed: boolean;
  /** Handshakes under way: a class with one is not empty, though it may have no socket yet. */
  handshakes: number;
}

/** A matcher, and the classes of the subscriptions that are equal as far as it goes. */
interface SharedMatcher {
  readonly matcher: Matcher;
  readonly classes: Set<SubscriptionClass>;
}

export class SubscriptionClasses {
  readonly #ctx: DurableObjectState;
  readonly #forgotten: (subscription: Subscription) => void;
  readonly #classes = new Map<string, SubscriptionClass>();
  readonly #tags = new Map<string, string>();
  readonly #matchers = new Map<string, SharedMatcher>();
  readonly #index = new MatcherIndex();
  #filterCost = 0;
  /** Classes that may have lost their last socket since their sockets were last looked at. */
  readonly #maybeEmpty = new Set<SubscriptionClass>();

  /** @param forgotten is told of each class that had sockets and has none any more */
  constructor(ctx: DurableObjectState, forgotten: (subscription: Subscription) => void) {
    this.#ctx = ctx;
    this.#forgotten = forgotten;
    const rows = ctx.storage.sql.exec<{ class: number; definition: string }>(
      'SELECT class, definition FROM subscription_classes',
    );
    for (const row of rows) this.#restore(row.class, row.definition);
  }

  get size(): number {
    return this.#classes.size;
  }

  all(): SubscriptionClass[] {
    return [...this.#classes.values()];
  }

  /** The keys of what the subscribers may see, as far as they were asked for. */
  accessKeys(): Set<string> {
    return new Set(this.all().flatMap(({ accessKey }) => accessKey ?? []));
  }

  matchers(): Matcher[] {
    return Array.from(this.#matchers.values(), ({ matcher }) => matcher);
  }

  /** The matchers that may match an event. */
  candidates(facts: EventFacts): Matcher[] {
    return this.#index.candidates(facts);
  }

  /** What the filters of all of them cost, each once: an event is matched once for all who have one. */
  get filterCost(): number {
    return this.#filterCost;
  }

  /** The matcher of a subscription: that of others who have an equal one, where there are any. */
  matcherOf(subscription: Subscription): Matcher {
    return this.#matchers.get(matchingOf(subscription))?.matcher ?? new Matcher(subscription);
  }

  has({ key }: Matcher): boolean {
    return this.#matchers.has(key);
  }

  /** The classes of a matcher. */
  withMatcher({ key }: Matcher): Iterable<SubscriptionClass> {
    return this.#matchers.get(key)?.classes ?? [];
  }

  /** The class of a socket. */
  of(socket: WebSocket): SubscriptionClass | undefined {
    for (const tag of tagsOf(this.#ctx, socket)) {
      const subscriptionClass = this.#classes.get(tag);
      if (subscriptionClass !== undefined) return subscriptionClass;
    }
    return undefined;
  }

  /** The class for such subscribers, made where there is none. */
  for(
    subscription: Subscription,
    holder: Principal | undefined,
    matcher = this.matcherOf(subscription),
  ): SubscriptionClass {
    const definition = JSON.stringify([subscription, holder ?? null]);
    const known = this.#classes.get(this.#tags.get(definition) ?? '');
    if (known !== undefined) return known;
    this.forgetEmpty();
    const { class: key } = this.#ctx.storage.sql
      .exec<{ class: number }>(
        'INSERT INTO subscription_classes (definition) VALUES (?) RETURNING class',
        definition,
      )
      .one();
    return this.#add(key, definition, false, matcher);
  }

  /** A socket of the class has gone, or will. */
  left(subscriptionClass: SubscriptionClass): void {
    this.#maybeEmpty.add(subscriptionClass);
  }

  /** Forgets the classes that have no socket any more. */
  forgetEmpty(): void {
    for (const idle of [...this.#maybeEmpty]) this.forgetIfEmpty(idle);
  }

  forgetIfEmpty(subscriptionClass: SubscriptionClass): boolean {
    const { tag, definition, subscription, handshakes } = subscriptionClass;
    if (handshakes > 0 || !this.#maybeEmpty.delete(subscriptionClass)) return false;
    if (this.#ctx.getWebSockets(tag).some(isOpen)) return false;
    if (subscriptionClass.isUsed) this.#forgotten(subscription);
    this.#ctx.storage.sql.exec('DELETE FROM subscription_classes WHERE class = ?', Number(tag));
    this.#classes.delete(tag);
    this.#tags.delete(definition);
    const { matcher } = subscriptionClass;
    const shared = this.#matchers.get(matcher.key);
    shared?.classes.delete(subscriptionClass);
    if (shared?.classes.size === 0) {
      this.#matchers.delete(matcher.key);
      this.#index.delete(matcher);
      this.#filterCost -= matcher.cost;
    }
    return true;
  }

  #add(key: number, definition: string, isUsed: boolean, matcher?: Matcher): SubscriptionClass {
    const [subscription, holder] = JSON.parse(definition) as [Subscription, Principal | null];
    const shared = this.#sharedMatcher(matcher ?? this.matcherOf(subscription));
    const subscriptionClass: SubscriptionClass = {
      tag: String(key),
      definition,
      subscription,
      holder: holder ?? undefined,
      matcher: shared.matcher,
      accessKey: undefined,
      isUsed,
      handshakes: 0,
    };
    shared.classes.add(subscriptionClass);
    this.#classes.set(subscriptionClass.tag, subscriptionClass);
    this.#tags.set(definition, subscriptionClass.tag);
    // A deploy closes every socket without a word to the object that held them.
    this.#maybeEmpty.add(subscriptionClass);
    return subscriptionClass;
  }

  #sharedMatcher(matcher: Matcher): SharedMatcher {
    const known = this.#matchers.get(matcher.key);
    if (known !== undefined) return known;
    const shared = { matcher, classes: new Set<SubscriptionClass>() };
    this.#matchers.set(matcher.key, shared);
    this.#index.add(matcher);
    this.#filterCost += matcher.cost;
    return shared;
  }

  /** One that this release cannot read any more ends, and takes no other with it. */
  #restore(key: number, definition: string): void {
    try {
      this.#add(key, definition, true);
    } catch (error) {
      logError(`subscription class ${key} cannot be restored`, error);
      for (const socket of this.#ctx.getWebSockets(String(key))) socket.close(1013);
      this.#ctx.storage.sql.exec('DELETE FROM subscription_classes WHERE class = ?', key);
    }
  }
}

/** The tags of a socket. One that both sides are closing has none any more, and the runtime throws. */
export function tagsOf(ctx: DurableObjectState, socket: WebSocket): string[] {
  try {
    return ctx.getTags(socket);
  } catch {
    return [];
  }
}

export function isOpen(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.OPEN;
}
