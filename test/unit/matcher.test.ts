import { describe, expect, it } from 'vitest';
import { factsOf } from '../../src/event/facts.ts';
import { hubName, parseHubName } from '../../src/objects/names.ts';
import { Matcher } from '../../src/subscription/matcher.ts';
import { anEvent } from './support/events.ts';

const FACTS = factsOf(
  anEvent({
    event_type: 'kv-v2/data-write',
    namespace: 'team/',
    metadata: { operation: 'data-write' },
  }),
);

/** What keeps an event from a subscription, in the order in which it is asked. */
function mismatchOf(matcher: Matcher, facts = FACTS): string | undefined {
  if (!matcher.coversNamespace(facts)) return 'namespace';
  if (!matcher.coversType(facts)) return 'event_type';
  return matcher.filter?.matches(facts) === false ? 'filter' : undefined;
}

/** A subscription of the namespace team to all of kv-v2, or with something else about it. */
function aMatcher(more: Partial<ConstructorParameters<typeof Matcher>[0]> = {}): Matcher {
  return new Matcher({ pattern: 'kv-v2/*', namespaces: ['team'], filter: '', ...more });
}

describe('an event', () => {
  it.each([
    [{}, undefined],
    [{ pattern: '*' }, undefined],
    [{ pattern: 'kv-v2/data-write' }, undefined],
    [{ pattern: '*write' }, undefined],
    [{ namespaces: ['other', 'te*'] }, undefined],
    [{ namespaces: ['*'] }, undefined],
    [{ filter: 'operation == "data-write"' }, undefined],
    [{ namespaces: [''] }, 'namespace'],
    [{ namespaces: ['team/'] }, 'namespace'],
    [{ namespaces: ['team/*'] }, 'namespace'],
    [{ namespaces: [] }, 'namespace'],
    [{ pattern: 'kv-v2' }, 'event_type'],
    [{ pattern: 'KV-v2/*' }, 'event_type'],
    [{ pattern: '' }, 'event_type'],
    [{ filter: 'operation == read' }, 'filter'],
    [{ filter: 'unknown == read' }, 'filter'],
    [{ namespaces: [''], pattern: 'x', filter: 'operation == read' }, 'namespace'],
    [{ pattern: 'x', filter: 'operation == read' }, 'event_type'],
  ])('is not wanted with %j because of its %s', (more, mismatch) => {
    const matcher = aMatcher(more);
    expect(mismatchOf(matcher)).toBe(mismatch);
    expect(matcher.covers(FACTS)).toBe(mismatch === undefined || mismatch === 'filter');
  });

  it('of the root namespace is wanted by those who cover that', () => {
    const facts = { ...FACTS, namespace: '' };
    expect(mismatchOf(aMatcher({ namespaces: [''] }), facts)).toBeUndefined();
    expect(mismatchOf(aMatcher({ namespaces: ['*'] }), facts)).toBeUndefined();
    expect(mismatchOf(aMatcher({ namespaces: ['team', 'team/*'] }), facts)).toBe('namespace');
  });
});

describe('a hub', () => {
  const team = 'team@x1';
  it.each([
    [{}, hubName(team, 'kv-v2'), true],
    [{}, hubName(team, 'kv-v1'), false],
    [{}, hubName('', 'kv-v2'), false],
    [{}, hubName('teams@x1', 'kv-v2'), false],
    [{}, hubName(`${team}/prod@y2`, 'kv-v2'), false],
    [{ namespaces: ['team/*'] }, hubName(`${team}/prod@y2`, 'kv-v2'), true],
    [{ namespaces: ['*'] }, hubName(`${team}/prod@y2`, 'kv-v2'), true],
    [{ pattern: 'kv*' }, hubName(team, 'kv-v1'), true],
    [{ pattern: 'kv*/data-write' }, hubName(team, 'kv-v1'), true],
    [{ pattern: '*write' }, hubName(team, 'database'), true],
    [{ pattern: 'kv*' }, hubName(team, 'database'), false],
  ])('is touched with %j: %s %s', (more, hub, touched) => {
    expect(aMatcher(more).mayMatchHub(parseHubName(hub))).toBe(touched);
  });
});

it('a filter that does not parse is a bug by now', () => {
  expect(() => aMatcher({ filter: '(' })).toThrow();
});
