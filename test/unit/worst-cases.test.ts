/**
 * What patterns, namespaces and policies that were made to be slow can cost: they have no budgets, because the
 * worst that a token can do with its thousand subscribers in a hub takes less than a tenth of a second.
 */
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../src/event/facts.ts';
import { MAX_EVENT_TYPE_CHARACTERS, MAX_PATTERN_CHARACTERS } from '../../src/event/limits.ts';
import { MAX_SOCKETS_PER_TOKEN } from '../../src/hub/limits.ts';
import { MAX_NAMESPACE_CHARACTERS, MAX_NAMESPACE_DEPTH } from '../../src/namespace/limits.ts';
import { Access } from '../../src/policy/access.ts';
import {
  MAX_POLICIES_PER_TOKEN,
  MAX_POLICY_BYTES,
  MAX_POLICY_PATHS,
} from '../../src/policy/limits.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import {
  MAX_NAMESPACE_PATTERN_CHARACTERS,
  MAX_NAMESPACE_PATTERNS,
} from '../../src/subscription/limits.ts';
import { Matcher } from '../../src/subscription/matcher.ts';
import { MatcherIndex } from '../../src/subscription/matcher-index.ts';
import { leastCpuMilliseconds } from './support/cpu-time.ts';
import { anEvent } from './support/events.ts';
import { accepted } from './support/result.ts';

/** Twice a tenth of a second: this machine may be slower, or busy. */
const MAX_MS = 200;

const SUBSCRIBERS = Array.from({ length: MAX_SOCKETS_PER_TOKEN }, (_, i) => String(i));

function factsOn(path: string, eventType = 'abc', namespace = '') {
  return factsOf(
    anEvent({ event_type: eventType, namespace, metadata: { path, data_path: path } }),
  );
}

describe('a thousand subscribers of one token', () => {
  it('whose patterns have hundreds of wildcards', () => {
    const index = new MatcherIndex();
    for (const name of SUBSCRIBERS) {
      const pattern = `${'a*'.repeat(MAX_PATTERN_CHARACTERS / 2 - 4)}${name}`;
      index.add(new Matcher({ pattern, namespaces: [''], filter: '' }));
    }
    const facts = factsOn('x', 'a'.repeat(MAX_EVENT_TYPE_CHARACTERS));
    expect(leastCpuMilliseconds(() => index.candidates(facts))).toBeLessThan(MAX_MS);
  });

  it('with as many such namespaces as there may be', () => {
    const matchers = SUBSCRIBERS.map((name) => {
      const glob = (i: number) =>
        `${'a*'.repeat(MAX_NAMESPACE_PATTERN_CHARACTERS / 2 - 8)}${i}b${name}`;
      const namespaces = Array.from({ length: MAX_NAMESPACE_PATTERNS }, (_, i) => glob(i));
      return new Matcher({ pattern: '*', namespaces, filter: '' });
    });
    const segment = `${'a'.repeat(MAX_NAMESPACE_CHARACTERS)}/`;
    const facts = factsOn('x', 'abc', segment.repeat(MAX_NAMESPACE_DEPTH));
    const ask = () => matchers.filter((matcher) => matcher.covers(facts));
    expect(leastCpuMilliseconds(ask)).toBeLessThan(MAX_MS);
  });
});

describe('a token', () => {
  it.each([5, 20, 50])('with a policy of only rules with %i wildcards for segments', (depth) => {
    const rules = Array.from(
      { length: MAX_POLICY_PATHS },
      (_, i) => `path "${'+/'.repeat(depth)}x${i}" { capabilities = ["list"] }`,
    ).join('\n');
    const text = rules.slice(0, rules.lastIndexOf('\n', MAX_POLICY_BYTES));
    const access = new Access('', [{ name: 'p', policy: accepted(parsePolicy(text)) }], undefined);
    const facts = factsOn(`${'a/'.repeat(depth)}y`);
    expect(leastCpuMilliseconds(() => access.mayReceive(facts))).toBeLessThan(MAX_MS / 10);
  });

  it('with as many such policies as one may have', () => {
    const policies = Array.from({ length: MAX_POLICIES_PER_TOKEN }, (_, policy) => {
      const rules = Array.from(
        { length: MAX_POLICY_PATHS },
        (_, i) => `path "+/+/+/${policy}x${i}" { capabilities = ["list"] }`,
      );
      return { name: `p${policy}`, policy: accepted(parsePolicy(rules.join('\n'))) };
    });
    const access = new Access('', policies, undefined);
    const facts = factsOn('a/a/a/y');
    expect(leastCpuMilliseconds(() => access.mayReceive(facts), 3)).toBeLessThan(MAX_MS);
  });

  it('with tens of thousands of globs for event types', () => {
    const globs = Array.from({ length: 20_000 }, (_, i) => `"a*b*${i}"`).join(',');
    const text = `path "x" { capabilities = ["list", "subscribe"] subscribe_event_types = [${globs}] }`;
    const access = new Access('', [{ name: 'p', policy: accepted(parsePolicy(text)) }], undefined);
    const facts = factsOn('x', 'a'.repeat(MAX_EVENT_TYPE_CHARACTERS));
    expect(leastCpuMilliseconds(() => access.mayReceive(facts))).toBeLessThan(MAX_MS);
  });
});
