/**
 * What subscribers of a wildcard hub wanted who have left: as long as they can come back for what they
 * missed, it has to be gathered. None is forgotten for the sake of others: where there are too many, one that
 * wants everything takes the place of all.
 */
import { namespacesOfPattern, whyNothingMatches } from '../../event/event-type.ts';
import type { Subscription } from '../../subscription/handshake.ts';
import { Matcher } from '../../subscription/matcher.ts';
import { MAX_INTERESTS } from '../limits.ts';

/** Of any event type, in any namespace. */
const EVERYTHING = JSON.stringify(['*', ['*']]);

export class Interests {
  readonly #sql: SqlStorage;
  readonly #maxAgeMs: number;
  /** Read when first needed. */
  #interests: Map<string, { readonly matcher: Matcher; until: number }> | undefined;

  /** @param maxAgeMs how long an interest outlives its last subscriber */
  constructor(sql: SqlStorage, maxAgeMs: number) {
    this.#sql = sql;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Notes that the last subscriber of this kind has left. */
  add({ pattern, namespaces }: Subscription, now: number): void {
    if (whyNothingMatches(pattern) !== undefined) return;
    const interests = this.#all();
    const interest = interests.has(EVERYTHING)
      ? EVERYTHING
      : JSON.stringify([namespacesOfPattern(pattern), namespaces]);
    const until = now + this.#maxAgeMs;
    this.#sql.exec(
      'INSERT OR REPLACE INTO interests (interest, until) VALUES (?, ?)',
      interest,
      until,
    );
    interests.delete(interest);
    interests.set(interest, { matcher: matcherOf(interest), until });
    if (interests.size > MAX_INTERESTS) this.#widen(until);
  }

  get isEmpty(): boolean {
    return this.#all().size === 0;
  }

  /** Whether somebody who may come back wants events of the hub. */
  touches(hub: string, now: number): boolean {
    for (const [interest, { matcher, until }] of this.#all()) {
      if (until <= now) this.#delete(interest);
      else if (matcher.touches(hub)) return true;
    }
    return false;
  }

  /** @param until the latest of all */
  #widen(until: number): void {
    this.#sql.exec('DELETE FROM interests');
    this.#sql.exec('INSERT INTO interests (interest, until) VALUES (?, ?)', EVERYTHING, until);
    this.#interests = undefined;
  }

  #delete(interest: string): void {
    this.#sql.exec('DELETE FROM interests WHERE interest = ?', interest);
    this.#all().delete(interest);
  }

  #all(): Map<string, { readonly matcher: Matcher; until: number }> {
    if (this.#interests === undefined) {
      const rows = this.#sql.exec<{ interest: string; until: number }>(
        'SELECT interest, until FROM interests ORDER BY until',
      );
      this.#interests = new Map(
        rows
          .toArray()
          .map(({ interest, until }) => [interest, { matcher: matcherOf(interest), until }]),
      );
    }
    return this.#interests;
  }
}

function matcherOf(interest: string): Matcher {
  const [pattern, namespaces] = JSON.parse(interest) as [string, string[]];
  return new Matcher({ pattern, namespaces, filter: '' });
}
