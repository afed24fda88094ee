/** What a hub keeps at hand of what its subscribers may see. */
import { runInDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import { AccessCache } from '../../src/hub/authority-sync/access-cache.ts';
import { PolicyTexts } from '../../src/hub/authority-sync/policy-texts.ts';
import { MAX_CACHED_ACCESSES } from '../../src/hub/limits.ts';
import { MAX_CACHED_ACCESS_BYTES } from '../../src/policy/limits.ts';
import { it } from './fixtures.ts';
import { createTables, hubStub, someMemory } from './support.ts';

it('subscribers who have left leave room for those who come', async () => {
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
    createTables(storage);
    const inUse = new Set(['first', 'later']);
    const accesses = new AccessCache(
      new PolicyTexts(storage.sql),
      { accessKeys: () => inUse },
      someMemory().policies,
    );
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
    const accesses = new AccessCache(
      new PolicyTexts(storage.sql),
      {
        accessKeys: () => new Set(keys),
      },
      someMemory().policies,
    );
    const get = (key: string) =>
      accesses.get(key, { authority: '', policies: [], identity: undefined });
    const made = keys.map(get);
    for (let i = 0; i < 3; i++) {
      for (const [index, key] of keys.slice(0, -1).entries()) expect(get(key)).toBe(made[index]);
      get(keys.at(-1) ?? '');
    }
  });
});

it('what they take is bounded by bytes, for all hubs of an isolate', async () => {
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
    createTables(storage);
    const texts = new PolicyTexts(storage.sql);
    const path = (i: number) => `path "secret/+/a${i}" { capabilities = ["list"] }`;
    const text = Array.from({ length: 1000 }, (_, i) => path(i)).join('\n');
    texts.set('', 'large', { name: 'large', version: 1, text });
    const inUse = new Set(Array.from({ length: 30 }, (_, i) => `${i}`));
    const { policies: memory } = someMemory();
    const accesses = new AccessCache(texts, { accessKeys: () => inUse }, memory);
    const get = (key: string) =>
      accesses.get(key, { authority: '', policies: ['large'], identity: undefined });
    const first = get('0');
    for (let i = 1; i < 30; i++) get(`${i}`);
    expect(get('0')).toBe(first);
    expect(get('29')).not.toBe(get('29'));
    expect(memory.bytes).toBeGreaterThan(MAX_CACHED_ACCESS_BYTES / 4);
    expect(memory.bytes).toBeLessThan(0.55 * MAX_CACHED_ACCESS_BYTES);
    texts.set('', 'large', { name: 'large', version: 2, text: '' });
    get('new');
    expect(memory.bytes).toBeLessThan(10_000);
  });
});
