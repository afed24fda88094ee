/**
 * The subscriptions of a wildcard hub whose last subscriber has left. While a subscriber can still reconnect and resume,
 * the hubs go on feeding. None is dropped for the sake of others: if there are too many, one subscription to everything
 * replaces them all.
 */

import { eventTypeNamespaceGlob, whyNothingMatches } from '../../../event/event-type.ts';
import { parseHubName } from '../../../objects/hub-name.ts';
import type { Subscription } from '../../../subscription/handshake.ts';
import { Matcher } from '../../../subscription/matcher.ts';
import { MAX_RETAINED_SUBSCRIPTIONS } from '../../limits.ts';

/** Any event type, in any namespace. */
const EVERYTHING = JSON.stringify(['*', ['*']]);

interface Retained {
  readonly matcher: Matcher;
  /** Unix milliseconds. */
  readonly until: number;
}

export class RetainedSubscriptions {
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
  add({ pattern, namespaces }: Subscription, now: number): void {
    if (whyNothingMatches(pattern) !== undefined) return;
    const subscriptions = this.#all();
    const wanted = subscriptions.has(EVERYTHING)
      ? EVERYTHING
      : JSON.stringify([eventTypeNamespaceGlob(pattern), namespaces]);
    const until = now + this.#maxAgeMs;
    this.#sql.exec(
      'INSERT OR REPLACE INTO interests (interest, until) VALUES (?, ?)',
      wanted,
      until,
    );
    subscriptions.delete(wanted);
    subscriptions.set(wanted, { matcher: matcherOf(wanted), until });
    if (subscriptions.size > MAX_RETAINED_SUBSCRIPTIONS) this.#widen(until);
  }

  get isEmpty(): boolean {
    return this.#all().size === 0;
  }

  /** Whether a subscriber that may reconnect wants events of the hub. */
  touch(hub: string, now: number): boolean {
    const namespaces = parseHubName(hub);
    for (const [wanted, { matcher, until }] of this.#all()) {
      if (until <= now) this.#delete(wanted);
      else if (matcher.mayMatchHub(namespaces)) return true;
    }
    return false;
  }

  /** @param until the latest of all */
  #widen(until: number): void {
    this.#sql.exec('DELETE FROM interests');
    this.#sql.exec('INSERT INTO interests (interest, until) VALUES (?, ?)', EVERYTHING, until);
    this.#subscriptions = undefined;
  }

  #delete(wanted: string): void {
    this.#sql.exec('DELETE FROM interests WHERE interest = ?', wanted);
    this.#all().delete(wanted);
  }

  #all(): Map<string, Retained> {
    this.#subscriptions ??= new Map(
      this.#sql
        .exec<{ interest: string; until: number }>(
          'SELECT interest, until FROM interests ORDER BY until',
        )
        .toArray()
        .map(({ interest, until }) => [interest, { matcher: matcherOf(interest), until }]),
    );
    return this.#subscriptions;
  }
}

function matcherOf(wanted: string): Matcher {
  const [pattern, namespaces] = JSON.parse(wanted) as [string, string[]];
  return new Matcher({ pattern, namespaces, filter: '' });
}
