import { describe, expect, it } from 'vitest';
import type { EventFacts } from '../../src/event/facts.ts';
import {
  covers,
  interestIn,
  isSameInterest,
  matcherOf,
  type Wanted,
} from '../../src/subscription/interest.ts';
import { MAX_INTEREST_CHARACTERS, MAX_INTERESTS } from '../../src/subscription/limits.ts';

const HUB = { namespaceKey: '', eventTypeNamespace: 'kv-v2' };
const WILDCARD_HUB = { namespaceKey: '', eventTypeNamespace: '' };
const TENANT = { namespaceKey: 'team-a@1', eventTypeNamespace: '' };

function wanted(pattern: string, ...namespaces: string[]): Wanted {
  return { pattern, namespaces: namespaces.length === 0 ? [''] : namespaces };
}

function factsOf(event_type: string, namespace = ''): EventFacts {
  const none = { path: '', data_path: '', operation: '', source_plugin_mount: '' };
  return { event_type, namespace, ...none };
}

describe('an interest', () => {
  it('is the same for the same subscriptions in any order', () => {
    const a = interestIn([wanted('a/*', 'x', 'y'), wanted('b/*')]);
    const b = interestIn([wanted('b/*'), wanted('a/*', 'y', 'x', 'y'), wanted('b/*')]);
    expect(isSameInterest(a, b)).toBe(true);
    expect(a).toHaveLength(2);
  });

  it('has nothing that another part of it covers', () => {
    const all = [wanted('kv-v2/data-write'), wanted('kv-v2/*'), wanted('kv-v2/**')];
    expect(interestIn(all)).toHaveLength(1);
  });

  it('is everything if it has too many parts', () => {
    const parts = Array.from({ length: MAX_INTERESTS + 1 }, (_, i) => wanted(`a/${i}`));
    expect(interestIn(parts.slice(1))).toHaveLength(MAX_INTERESTS);
    expect(interestIn(parts)).toEqual([wanted('*', '*')]);
  });

  it('is everything if it is too long', () => {
    const long = wanted('a/b', 'n'.repeat(MAX_INTEREST_CHARACTERS));
    expect(interestIn([long])).toEqual([wanted('*', '*')]);
  });

  it('of nothing is nothing, and covers nothing', () => {
    expect(interestIn([])).toEqual([]);
    expect(covers([], wanted('a/b'))).toBe(false);
    expect(matcherOf([], HUB).covers(factsOf('kv-v2/data-write'))).toBe(false);
  });
});

describe('covers', () => {
  it.each([
    ['kv-v2/*', 'kv-v2/data-write', true],
    ['kv-v2/*', 'kv-v2/*', true],
    ['*', 'kv-v2/*', true],
    ['kv*write', 'kv-v2/*-write', true],
    ['kv-v2/data-*', 'kv-v2/*', false],
    ['kv-v2/data-write', 'kv-v2/*', false],
    ['kv-v2/*', '*', false],
    ['*a*', '*', false],
    ['*-write', 'kv-v2/*', false],
  ])('%s %s: %s', (known, pattern, isCovered) => {
    expect(covers([wanted(known)], wanted(pattern))).toBe(isCovered);
  });

  it('asks for each namespace, which different parts may cover', () => {
    const interest = [wanted('*', 'a', 'a/*'), wanted('kv-v2/*', 'b')];
    expect(covers(interest, wanted('kv-v2/*', 'a', 'b'))).toBe(true);
    expect(covers(interest, wanted('kv-v2/*', 'a/b/*'))).toBe(true);
    expect(covers(interest, wanted('pki/*', 'a', 'b'))).toBe(false);
    expect(covers(interest, wanted('kv-v2/*', 'c'))).toBe(false);
  });
});

describe('a matcher of an interest', () => {
  it.each([
    [HUB, [wanted('kv-v2/*')], true],
    [HUB, [wanted('*', '*')], true],
    [HUB, [wanted('kv-v2/data-write')], false],
    [HUB, [wanted('pki/*')], false],
    [WILDCARD_HUB, [wanted('*', '', '*')], true],
    [WILDCARD_HUB, [wanted('*')], false],
    [WILDCARD_HUB, [wanted('kv*', '*')], false],
    [TENANT, [wanted('*', 'team-a', 'team-a/*')], true],
    [TENANT, [wanted('*', 'team-a')], false],
  ] as const)('knows whether it covers the whole hub: %j %j', (hub, interest, isEverything) => {
    expect(matcherOf(interest, hub).isEverything).toBe(isEverything);
  });

  it('finds events by type and namespace', () => {
    const matcher = matcherOf([wanted('kv*', 'team-a'), wanted('pki/*', '*')], WILDCARD_HUB);
    expect(matcher.covers(factsOf('kv-v2/data-write', 'team-a/'))).toBe(true);
    expect(matcher.covers(factsOf('kv-v2/data-write', 'team-b/'))).toBe(false);
    expect(matcher.covers(factsOf('pki/issue', 'team-b/'))).toBe(true);
  });

  it('covers the gaps of the hubs whose events it may cover', () => {
    const matcher = matcherOf([wanted('kv*', 'team-a')], WILDCARD_HUB);
    const mayCover = (namespaceKey: string, eventTypeNamespace: string) =>
      matcher.mayCoverHub({ namespaceKey, eventTypeNamespace });
    expect(mayCover('team-a@1', 'kv-v2')).toBe(true);
    expect(mayCover('team-a@1', 'pki')).toBe(false);
    expect(mayCover('', 'kv-v2')).toBe(false);
  });
});
