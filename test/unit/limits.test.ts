import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as limits from '../../src/limits.ts';

it('every limit has its documented value, and none is without one', () => {
  expect({ ...limits }).toEqual({
    MAX_FRAME_BYTES: 31_744,
    MAX_PUBLISH_BYTES: 1_048_576,
    MAX_PUBLISH_EVENTS: 1000,
    MAX_PUBLISH_NAMESPACES: 100,
    MAX_HUBS: 3000,
    MAX_EVENT_TYPE_CHARACTERS: 256,
    MAX_PATTERN_CHARACTERS: 512,
    MAX_EVENT_ID_CHARACTERS: 256,
    MAX_SOURCE_CHARACTERS: 512,
    MAX_METADATA_DEPTH: 32,
    MAX_SOCKETS_PER_HUB: 32_000,
    MAX_REMEMBERED_EVENTS: 10_000,
    MAX_CALL_ATTEMPTS: 3,
    MAX_CALL_BACKOFF_MS: 100,
    MAX_CONCURRENT_CALLS: 32,
    RETRY_AFTER_SECONDS: 2,
  });
});

it('a frame stays below the 32 KiB that Go clients read', () => {
  expect(limits.MAX_FRAME_BYTES).toBeLessThan(32_768);
});

it('a request stays below the 10,000 subrequests of the paid plan', () => {
  expect(limits.MAX_PUBLISH_NAMESPACES * limits.MAX_CALL_ATTEMPTS).toBeLessThanOrEqual(10_000);
});

it('a handshake stays below the 10,000 subrequests of the paid plan', () => {
  expect(limits.MAX_HUBS * limits.MAX_CALL_ATTEMPTS).toBeLessThanOrEqual(10_000);
});

it('a hub stays below the 32,768 WebSockets of a Durable Object', () => {
  expect(limits.MAX_SOCKETS_PER_HUB).toBeLessThan(32_768);
});

it('metadata stays below the hundred nested messages that protobuf readers follow', () => {
  expect(2 + 3 * limits.MAX_METADATA_DEPTH).toBeLessThanOrEqual(100);
});

it('the events that a hub remembers are those of several publish requests', () => {
  expect(limits.MAX_REMEMBERED_EVENTS).toBeGreaterThan(limits.MAX_PUBLISH_EVENTS);
});

it('the documentation of the API has every limit with its value', () => {
  const api = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const rows = [...api.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual({
    ...limits,
  });
});
