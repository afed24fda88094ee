/** Finds the rule that decides about a path: the most specific one that matches it. */

import { type CapabilitySet, DENY, NONE } from './capability.ts';
import { compareSpecificity, compileSegments, patternOf } from './path-pattern.ts';
import type { Permissions } from './permissions.ts';

/** All blocks of a path, merged. */
export interface AclRule {
  /** Without a leading slash; with its wildcards, and with the values of its template. */
  readonly path: string;
  readonly permissions: Permissions;
  /** The capabilities without those that are withheld. */
  readonly granted: CapabilitySet;
  readonly sources: readonly RuleSource[];
}

/** A block of a policy that is part of a rule. */
export interface RuleSource {
  readonly policy: string;
  readonly line: number;
}

/** A rule with wildcards. The more specific it is, the higher is its rank. */
interface Ranked {
  readonly rule: AclRule;
  readonly rank: number;
}

interface SegmentRule extends Ranked {
  readonly matches: (path: string) => boolean;
}

export class RuleIndex {
  readonly #exact = new Map<string, AclRule>();
  readonly #prefixes: PrefixIndex<Ranked>;
  /** The most specific first. */
  readonly #segmentRules: readonly SegmentRule[];

  /** @param rules each with another path */
  constructor(rules: readonly AclRule[]) {
    const patterns = rules.flatMap((rule) => {
      const pattern = patternOf(rule.path);
      if (pattern === undefined) this.#exact.set(rule.path, rule);
      return pattern === undefined ? [] : [{ rule, pattern }];
    });
    const ranked = patterns
      .sort((a, b) => compareSpecificity(a.pattern, b.pattern))
      .map((each, rank) => ({ ...each, rank }));
    this.#prefixes = new PrefixIndex(
      ranked
        .filter(({ pattern }) => !pattern.hasSegmentWildcards)
        .map(({ rule, pattern, rank }) => [pattern.stem, { rule, rank }] as const),
    );
    this.#segmentRules = ranked
      .filter(({ pattern }) => pattern.hasSegmentWildcards)
      .map(({ rule, pattern, rank }) => ({ rule, rank, matches: compileSegments(pattern) }))
      .reverse();
  }

  /** How many rules a look-up may try one by one: those with a `+`. */
  get effort(): number {
    return this.#segmentRules.length;
  }

  find(path: string): AclRule | undefined {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return exact;
    return this.#mostSpecific(path)?.rule;
  }

  /**
   * The rule of a LIST request. If the path ends with a slash, the path without the slash is tried first, as in Vault.
   * But a more specific rule for the path with the slash still wins if it denies or withholds.
   */
  findForList(path: string): AclRule | undefined {
    if (!path.endsWith('/')) return this.find(path);
    const trimmed = path.slice(0, -1);
    const exact = this.#exact.get(path) ?? this.#exact.get(trimmed);
    if (exact !== undefined) return exact;

    const withSlash = this.#mostSpecific(path);
    const deciding = this.#mostSpecific(trimmed) ?? withSlash;
    if (withSlash === undefined || deciding === undefined) return deciding?.rule;
    const { capabilities, withheld } = withSlash.rule.permissions;
    const restricts = (capabilities & DENY) !== 0 || withheld !== NONE;
    return (restricts && withSlash.rank > deciding.rank ? withSlash : deciding).rule;
  }

  #mostSpecific(path: string): Ranked | undefined {
    const prefix = this.#prefixes.longest(path);
    for (const each of this.#segmentRules) {
      if (prefix !== undefined && each.rank < prefix.rank) break;
      if (each.matches(path)) return each;
    }
    return prefix;
  }
}

interface PrefixEntry<T> {
  readonly prefix: string;
  readonly value: T;
  /** The longest other prefix that this one begins with. */
  readonly shorter: PrefixEntry<T> | undefined;
}

/**
 * The prefixes are sorted. The last one that is not greater than the text begins with every prefix of the text. So the
 * longest prefix is that one, or one that it begins with. A look-up is a binary search and copies nothing.
 */
class PrefixIndex<T> {
  readonly #entries: readonly PrefixEntry<T>[];

  /** @param prefixes without duplicates */
  constructor(prefixes: readonly (readonly [prefix: string, value: T])[]) {
    const sorted = prefixes.toSorted(([a], [b]) => (a < b ? -1 : 1));
    const entries: PrefixEntry<T>[] = [];
    let shorter: PrefixEntry<T> | undefined;
    for (const [prefix, value] of sorted) {
      while (shorter !== undefined && !prefix.startsWith(shorter.prefix)) shorter = shorter.shorter;
      shorter = { prefix, value, shorter };
      entries.push(shorter);
    }
    this.#entries = entries;
  }

  longest(text: string): T | undefined {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && entry.prefix <= text) low = middle + 1;
      else high = middle;
    }
    let entry = this.#entries[low - 1];
    const shared = sharedLength(entry?.prefix ?? '', text);
    while (entry !== undefined && entry.prefix.length > shared) entry = entry.shorter;
    return entry?.value;
  }
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
