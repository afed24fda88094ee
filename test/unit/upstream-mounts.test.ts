import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_MOUNT_SEGMENTS } from '../../src/http/limits.ts';
import { knownMount } from '../../src/http/upstream-events/mounts.ts';
import { workerCaches } from '../../src/http/worker-caches.ts';

describe('the cached mount of a path', () => {
  const prefixOf = (segments: number) => 'a/'.repeat(segments);

  beforeEach(() => {
    workerCaches.mounts.clear();
    for (const segments of [MAX_MOUNT_SEGMENTS, MAX_MOUNT_SEGMENTS + 1]) {
      const prefix = `${segments}/${prefixOf(segments - 1)}`;
      const facts = { prefix, mount: prefix, namespace: '', engine: 'kv', version: 2 } as const;
      workerCaches.mounts.set(`\n${prefix}`, { ...facts, pluginInfo: {} }, Date.now());
    }
  });

  it.each([
    [MAX_MOUNT_SEGMENTS, true],
    [MAX_MOUNT_SEGMENTS + 1, false],
  ])('of %i segments is found: %s', (segments, isFound) => {
    const path = `${segments}/${prefixOf(segments - 1)}data/app`;
    expect(knownMount('', path) !== undefined).toBe(isFound);
  });
});
