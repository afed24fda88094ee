/**
 * The subscriptions of a wildcard hub whose last subscriber has left. While a subscriber can still reconnect and resume,
 * the hubs go on feeding. None is dropped for the sake of others: if there are too many, one subscription to everything
 * replaces them all.
 */

import { eventTypeNamespaceGlob, whyNothingMatches } from '../../../event/event-type.ts';
import { parseHubName } from '../../../objects/names.ts';
import type { Subscription } from '../../../subscription/handshake.ts';
import { Matcher } from '../../../subscription/matcher.ts';
import { MAX_RETAINED_SUBSCRIPTIONS } from '../../limits.ts';
import type { FormerSubscriptions } from '../../subscribers/former-subscriptions.ts';

/** Any event type, in any namespace. */
const EVERYTHING = JSON.stringify(['*', ['*']]);

interface Retained {
  readonly matcher: Matcher;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

export class RetainedSubscriptions implements FormerSubscriptions {
  readonly #sql: SqlStorage;
  readonly #maxAgeMs: number;
  /** By what they want. Read when they are first needed. */
  #subscriptions: Map<string, Retained> | undefined;

  /** @param maxAgeMs how long a subscription is retained after its last subscriber left */
  constructor(sql: SqlStorage, maxAgeMs: number) {
    this.#sql = sql;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Retains a subscription whose last subscriber has left. */
  add({ pattern, namespaces }: Pick<Subscription, 'pattern' | 'namespaces'>, now: number): void {
    if (whyNothingMatches(pattern) !== undefined) return;
    const subscriptions = this.#all();
    const wanted = subscriptions.has(EVERYTHING)
      ? EVERYTHING
      : JSON.stringify([eventTypeNamespaceGlob(pattern), namespaces]);
    const expiresAt = now + this.#maxAgeMs;
    this.#sql.exec(
      'INSERT OR REPLACE INTO retained_subscriptions (wanted, expires_at) VALUES (?, ?)',
      wanted,
      expiresAt,
    );
    subscriptions.delete(wanted);
    subscriptions.set(wanted, { matcher: matcherOf(wanted), expiresAt });
    if (subscriptions.size > MAX_RETAINED_SUBSCRIPTIONS) this.#widen(expiresAt);
  }

  get isEmpty(): boolean {
    return this.#all().size === 0;
  }

  /** Whether a subscriber that may reconnect wants events of the hub. */
  wantsEventsOf(hub: string, now: number): boolean {
    const namespaces = parseHubName(hub);
    for (const [wanted, { matcher, expiresAt }] of this.#all()) {
      if (expiresAt <= now) this.#delete(wanted);
      else if (matcher.mayMatchHub(namespaces)) return true;
    }
    return false;
  }

  /** @param expiresAt the latest of all */
  #widen(expiresAt: number): void {
    this.#sql.exec('DELETE FROM retained_subscriptions');
    this.#sql.exec(
      'INSERT INTO retained_subscriptions (wanted, expires_at) VALUES (?, ?)',
      EVERYTHING,
      expiresAt,
    );
    this.#subscriptions = undefined;
  }

  #delete(wanted: string): void {
    this.#sql.exec('DELETE FROM retained_subscriptions WHERE wanted = ?', wanted);
    this.#all().delete(wanted);
  }

  #all(): Map<string, Retained> {
    this.#subscriptions ??= new Map(
      this.#sql
        .exec<{ wanted: string; expires_at: number }>(
          'SELECT wanted, expires_at FROM retained_subscriptions ORDER BY expires_at',
        )
        .toArray()
        .map(({ wanted, expires_at }) => [
          wanted,
          { matcher: matcherOf(wanted), expiresAt: expires_at },
        ]),
    );
    return this.#subscriptions;
  }
}

function matcherOf(wanted: string): Matcher {
  const [pattern, namespaces] = JSON.parse(wanted) as [string, string[]];
  return new Matcher({ pattern, namespaces, filter: '' });
}
