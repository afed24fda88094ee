/** Finds the rule that decides on a path, among all rules that match it. */
import { type CapabilitySet, DENY, NONE } from './capability.ts';
import { compareSpecificity, compileSegments, patternOf } from './path-pattern.ts';
import type { Permissions } from './permissions.ts';
import { PrefixIndex } from './prefix-index.ts';

/** All blocks of a path as one. */
export interface Rule {
  /** Without a slash at its beginning, with its wildcards; filled in where it is a template. */
  readonly path: string;
  readonly permissions: Permissions;
  /** What is left of the capabilities without those that are withheld. */
  readonly granted: CapabilitySet;
  readonly sources: readonly Source[];
}

/** A block of a policy. */
export interface Source {
  readonly policy: string;
  readonly line: number;
}

/** A rule with wildcards; the more specific it is the higher is its rank. */
interface Ranked {
  readonly rule: Rule;
  readonly rank: number;
}

interface SegmentRule extends Ranked {
  readonly matches: (path: string) => boolean;
}

export class RuleIndex {
  readonly #exact = new Map<string, Rule>();
  readonly #prefixes: PrefixIndex<Ranked>;
  /** The most specific first. */
  readonly #segmentRules: readonly SegmentRule[];

  /** Each path once. */
  constructor(rules: readonly Rule[]) {
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

  /** Rules that have to be looked through one by one: those with a `+`. */
  get effort(): number {
    return this.#segmentRules.length;
  }

  find(path: string): Rule | undefined {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return exact;
    return this.#mostSpecific(path)?.rule;
  }

  /**
   * The rule of a LIST request. Where its path has a slash at its end, the path without it is asked first,
   * as in Vault. A more specific rule with it that denies or withholds wins all the same.
   */
  findForList(path: string): Rule | undefined {
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
