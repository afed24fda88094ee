/** What a hub keeps at hand of what its subscribers may see. */
import { runInDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import { AccessCache } from '../../src/hub/authority-sync/access-cache.ts';
import { PolicyTexts } from '../../src/hub/authority-sync/policy-texts.ts';
import { MAX_CACHED_ACCESSES } from '../../src/hub/limits.ts';
import { it } from './fixtures.ts';
import { createTables, hubStub } from './support.ts';

it('subscribers who have left leave room for those who come', async () => {
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
    createTables(storage);
    const inUse = new Set(['first', 'later']);
    const accesses = new AccessCache(new PolicyTexts(storage.sql), { accessKeys: () => inUse });
    const get = (key: string) =>
      accesses.get(key, { authority: '', policies: [], identity: undefined });
    const first = get('first');
    for (let i = 0; i < 2 * MAX_CACHED_ACCESSES; i++) get(`left ${i}`);
    // Who has left is let go of once in so many times at the latest.
    for (let i = 0; i < MAX_CACHED_ACCESSES; i++) get('later');
    expect(get('later')).toBe(get('later'));
    expect(get('first')).toBe(first);
  });
});

it('where all are in use, the same ones stay', async () => {
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
    createTables(storage);
    const keys = Array.from({ length: MAX_CACHED_ACCESSES + 1 }, (_, i) => `${i}`);
    const accesses = new AccessCache(new PolicyTexts(storage.sql), {
      accessKeys: () => new Set(keys),
    });
    const get = (key: string) =>
      accesses.get(key, { authority: '', policies: [], identity: undefined });
    const made = keys.map(get);
    for (let i = 0; i < 3; i++) {
      for (const [index, key] of keys.slice(0, -1).entries()) expect(get(key)).toBe(made[index]);
      get(keys.at(-1) ?? '');
    }
  });
});
