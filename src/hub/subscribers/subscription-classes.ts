/**
 * The classes of a hub's subscribers. Subscribers with equal subscriptions and equal principals are one class: an event is
 * matched and authorized once for all of them. The definition of a class does not fit a tag (256 characters, fixed when a
 * socket is accepted). So a class is a stored row, and the tag of its sockets is the key of the row.
 */

import { logError } from '../../lib/log.ts';
import { parseHubName } from '../../objects/names.ts';
import type { Principal, Subscription } from '../../subscription/handshake.ts';
import type { Matcher } from '../../subscription/matcher.ts';
import type { FormerSubscriptions } from './former-subscriptions.ts';
import { SharedMatchers } from './shared-matchers.ts';

export interface SubscriptionClass {
  readonly tag: string;
  /** The subscription and the principal as JSON: equal for equal classes only. */
  readonly definition: string;
  readonly subscription: Subscription;
  /** Undefined for the root token. */
  readonly principal: Principal | undefined;
  /** Shared with every class of an equal subscription, so that an event is matched once for all. */
  readonly matcher: Matcher;
  /** The key of what its principal may see; undefined until it is needed, and after a change. */
  accessKey: string | undefined;
  /** Whether it ever had a socket. */
  isUsed: boolean;
  /** Handshakes under way. A class with one is not empty, though it may have no socket yet. */
  handshakes: number;
}

export class SubscriptionClasses {
  readonly matchers = new SharedMatchers<SubscriptionClass>();
  readonly #ctx: DurableObjectState;
  readonly #former: FormerSubscriptions | undefined;
  readonly #classes = new Map<string, SubscriptionClass>();
  readonly #tags = new Map<string, string>();
  /** Classes that may have lost their last socket since their sockets were last counted. */
  readonly #maybeEmpty = new Set<SubscriptionClass>();
  #changes = 0;

  constructor(ctx: DurableObjectState, former?: FormerSubscriptions) {
    this.#ctx = ctx;
    this.#former = former;
    const rows = ctx.storage.sql.exec<{ class: number; definition: string }>(
      'SELECT class, definition FROM subscription_classes',
    );
    for (const row of rows) this.#restore(row.class, row.definition);
  }

  get size(): number {
    return this.#classes.size;
  }

  /** How often a class was added or forgotten. */
  get changes(): number {
    return this.#changes;
  }

  all(): SubscriptionClass[] {
    return [...this.#classes.values()];
  }

  /** Whether a class with a socket may want an event of the hub. Deletes classes without a socket that it finds. */
  wantsEventsOf(hub: string): boolean {
    const namespaces = parseHubName(hub);
    return this.all().some(
      (each) => each.matcher.mayMatchHub(namespaces) && !this.forgetIfEmpty(each),
    );
  }

  /** The keys of what the principals of all classes may see, as far as they were needed. */
  accessKeys(): ReadonlySet<string> {
    return new Set(this.all().flatMap(({ accessKey }) => accessKey ?? []));
  }

  /** The class of a socket. */
  of(socket: WebSocket): SubscriptionClass | undefined {
    for (const tag of tagsOf(this.#ctx, socket)) {
      const subscriptionClass = this.#classes.get(tag);
      if (subscriptionClass !== undefined) return subscriptionClass;
    }
    return undefined;
  }

  /** The class of such subscribers; a new one if there is none. */
  for(
    subscription: Subscription,
    principal: Principal | undefined,
    matcher = this.matchers.of(subscription),
  ): SubscriptionClass {
    const definition = JSON.stringify([subscription, principal ?? null]);
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

  /** A socket of the class has closed, or will. */
  left(subscriptionClass: SubscriptionClass): void {
    this.#maybeEmpty.add(subscriptionClass);
  }

  /** Forgets the classes that have no socket. */
  forgetEmpty(): void {
    for (const idle of [...this.#maybeEmpty]) this.forgetIfEmpty(idle);
  }

  forgetIfEmpty(subscriptionClass: SubscriptionClass): boolean {
    const { tag, definition, subscription, handshakes } = subscriptionClass;
    if (handshakes > 0 || !this.#maybeEmpty.delete(subscriptionClass)) return false;
    if (this.#ctx.getWebSockets(tag).some(isOpen)) return false;
    if (subscriptionClass.isUsed) this.#former?.add(subscription, Date.now());
    this.#ctx.storage.sql.exec('DELETE FROM subscription_classes WHERE class = ?', Number(tag));
    this.#changes++;
    this.#classes.delete(tag);
    this.#tags.delete(definition);
    this.matchers.delete(subscriptionClass);
    return true;
  }

  #add(key: number, definition: string, isUsed: boolean, matcher?: Matcher): SubscriptionClass {
    const [subscription, principal] = JSON.parse(definition) as [Subscription, Principal | null];
    const subscriptionClass: SubscriptionClass = {
      tag: String(key),
      definition,
      subscription,
      principal: principal ?? undefined,
      matcher: matcher ?? this.matchers.of(subscription),
      accessKey: undefined,
      isUsed,
      handshakes: 0,
    };
    this.#changes++;
    this.matchers.add(subscriptionClass);
    this.#classes.set(subscriptionClass.tag, subscriptionClass);
    this.#tags.set(definition, subscriptionClass.tag);
    // A deploy closes every socket, and the object does not learn of it.
    this.#maybeEmpty.add(subscriptionClass);
    return subscriptionClass;
  }

  /** A class that this release cannot read is deleted. It keeps no other from being restored. */
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

/** The tags of a socket. While both sides close it, it has none, and the runtime throws. */
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
