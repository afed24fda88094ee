/**
 * The matchers of a hub, found by the events that they may match: what an event costs grows with those, and
 * not with all there are.
 *
 * Patterns are exact types, prefixes (`kv-v2/*`) or any other globs. Below each, matchers whose filter can
 * only hold where a field has one value are found by that value.
 */
import type { EventFacts } from '../event/facts.ts';
import { compileGlob } from '../event/glob.ts';
import type { Matcher } from './matcher.ts';

export class MatcherIndex {
  readonly #exact = new Map<string, Bucket>();
  readonly #prefixes = new Map<string, Bucket>();
  /** How many prefixes there are of each length. */
  readonly #lengths = new Map<number, number>();
  readonly #globs = new Map<string, Bucket & { readonly isType: (eventType: string) => boolean }>();

  add(matcher: Matcher): void {
    const { pattern } = matcher;
    switch (kindOf(pattern)) {
      case 'exact':
        addTo(bucketOf(this.#exact, pattern, newBucket), matcher);
        break;
      case 'prefix': {
        const prefix = pattern.slice(0, -1);
        if (!this.#prefixes.has(prefix)) {
          this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
        }
        addTo(bucketOf(this.#prefixes, prefix, newBucket), matcher);
        break;
      }
      case 'glob':
        addTo(
          bucketOf(this.#globs, pattern, () => ({ ...newBucket(), isType: compileGlob(pattern) })),
          matcher,
        );
    }
  }

  delete(matcher: Matcher): void {
    const { pattern } = matcher;
    switch (kindOf(pattern)) {
      case 'exact':
        deleteFrom(this.#exact, pattern, matcher);
        break;
      case 'prefix': {
        const prefix = pattern.slice(0, -1);
        if (!deleteFrom(this.#prefixes, prefix, matcher)) break;
        const left = (this.#lengths.get(prefix.length) ?? 0) - 1;
        if (left === 0) this.#lengths.delete(prefix.length);
        else this.#lengths.set(prefix.length, left);
        break;
      }
      case 'glob':
        deleteFrom(this.#globs, pattern, matcher);
    }
  }

  /** Those that may match; all that do are among them. */
  candidates(facts: EventFacts): Matcher[] {
    const found: Matcher[] = [];
    const { event_type } = facts;
    collect(this.#exact.get(event_type), facts, found);
    for (const length of this.#lengths.keys()) {
      collect(this.#prefixes.get(event_type.slice(0, length)), facts, found);
    }
    for (const bucket of this.#globs.values()) {
      if (bucket.isType(event_type)) collect(bucket, facts, found);
    }
    return found;
  }
}

/** Matchers of one pattern. */
interface Bucket {
  /** By field, and by the value that it must have. */
  readonly byValue: Map<keyof EventFacts, Map<string, Set<Matcher>>>;
  readonly others: Set<Matcher>;
}

function newBucket(): Bucket {
  return { byValue: new Map(), others: new Set() };
}

function kindOf(pattern: string): 'exact' | 'prefix' | 'glob' {
  const star = pattern.indexOf('*');
  if (star === -1) return 'exact';
  return star === pattern.length - 1 ? 'prefix' : 'glob';
}

function bucketOf<B extends Bucket>(buckets: Map<string, B>, key: string, make: () => B): B {
  const bucket = buckets.get(key) ?? make();
  buckets.set(key, bucket);
  return bucket;
}

function addTo({ byValue, others }: Bucket, matcher: Matcher): void {
  const equality = matcher.filter?.equality;
  if (equality === undefined) {
    others.add(matcher);
    return;
  }
  const values = byValue.get(equality.field) ?? new Map<string, Set<Matcher>>();
  const matchers = values.get(equality.value) ?? new Set();
  byValue.set(equality.field, values.set(equality.value, matchers.add(matcher)));
}

/** @returns whether that was the last of its pattern */
function deleteFrom(buckets: Map<string, Bucket>, key: string, matcher: Matcher): boolean {
  const bucket = buckets.get(key);
  if (bucket === undefined) return false;
  const { byValue, others } = bucket;
  others.delete(matcher);
  const equality = matcher.filter?.equality;
  if (equality !== undefined) {
    const values = byValue.get(equality.field);
    const matchers = values?.get(equality.value);
    matchers?.delete(matcher);
    if (matchers?.size === 0) values?.delete(equality.value);
    if (values?.size === 0) byValue.delete(equality.field);
  }
  if (others.size > 0 || byValue.size > 0) return false;
  return buckets.delete(key);
}

function collect(bucket: Bucket | undefined, facts: EventFacts, found: Matcher[]): void {
  if (bucket === undefined) return;
  for (const matcher of bucket.others) found.push(matcher);
  for (const [field, values] of bucket.byValue) {
    for (const matcher of values.get(facts[field]) ?? []) found.push(matcher);
  }
}
