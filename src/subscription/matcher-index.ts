/**
 * Finds the matchers that may match an event. The cost of an event grows with these, and not with all matchers of a
 * hub.
 *
 * A pattern is an exact type, a prefix (`kv-v2/*`) or another glob. For each pattern, matchers whose filter requires
 * one value of a field are found by that value.
 */
import type { EventFacts } from '../event/facts.ts';
import { compileGlob } from '../event/glob.ts';
import type { Matcher } from './matcher.ts';

export class MatcherIndex {
  readonly #exact = new Map<string, Bucket>();
  readonly #prefixes = new Map<string, Bucket>();
  /** The number of prefixes of each length. */
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

  /** All matchers that match the event, and maybe others. */
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

/** The matchers of one pattern. */
interface Bucket {
  /** By a field and the value that the filter requires. */
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

/** @returns whether this was the last matcher of its pattern */
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
