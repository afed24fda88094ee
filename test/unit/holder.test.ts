/** How ids of subscriptions name the objects that hold them. */
import { describe, expect, it } from 'vitest';
import {
  isAfter,
  objectOfHolder,
  parseHolder,
  replicasOf,
  textOfHolder,
  visibleHolder,
} from '../../src/http/events/holder.ts';
import { parsePosition } from '../../src/http/events/subscriptions/subscription-id.ts';

const HOLDERS = [
  ['kv-v2', '/kv-v2'],
  ['kv-v2~weur', '/kv-v2#weur'],
  ['kv-v2~weur-12', '/kv-v2#weur-12'],
  ['*', '/'],
  ['*~oc-3', '/#oc-3'],
  ['a.b~any', '/a.b#any'],
] as const;

describe('the object of a subscription', () => {
  it.each(HOLDERS)('%s is the object %s', (text, object) => {
    const holder = parseHolder(text);
    if (holder === undefined) throw new Error(`${text} is no object`);
    expect(textOfHolder(holder)).toBe(text);
    expect(objectOfHolder('', holder)).toBe(object);
    expect(visibleHolder(object, '')).toEqual({ namespace: '', ...holder });
  });

  it.each(HOLDERS)('%s needs no escape in a URL', (text) => {
    expect(new URL(`http://a/v1/${text}.3.mh4x2k9q-5f0c1a2b`).pathname.split('/')[2]).toBe(
      `${text}.3.mh4x2k9q-5f0c1a2b`,
    );
  });

  it.each([
    'kv-v2~',
    'kv-v2~mars',
    'kv-v2~weur-0',
    'kv-v2~weur-02',
    'kv-v2~weur-123456',
    'kv-v2~weur~oc',
    'kv-v2~weur-1-1',
    'kv-v2#weur',
    '~weur',
    'a/b~weur',
  ])('%s is none', (text) => {
    expect(parseHolder(text)).toBe(undefined);
    expect(parsePosition(`${text}.3.mh4x2k9q-5f0c1a2b`).ok).toBe(false);
  });

  it('is shown to who may see its namespace', () => {
    expect(visibleHolder('team@1/kv-v2#weur-2', '')).toMatchObject({ namespace: 'team', shard: 2 });
    expect(visibleHolder('/kv-v2#weur-2', 'team@1')).toBe(undefined);
  });
});

it('the replicas of a hub are listed region by region, each head first', () => {
  const replicas = replicasOf('a', { oc: 1, weur: 2, sam: 0 });
  expect(replicas.map(textOfHolder)).toEqual(['a~weur', 'a~weur-1', 'a~weur-2', 'a~oc']);
  const hub = { hub: 'a', region: null, shard: null };
  const all = [hub, ...replicas];
  for (const [index, holder] of all.entries()) {
    expect(all.filter((each) => isAfter(each, holder))).toEqual(all.slice(index + 1));
  }
});
