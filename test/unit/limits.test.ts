import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FINGERPRINT_WORDS } from '../../src/hub/journal/fingerprint.ts';
import { INDEX_WORDS } from '../../src/hub/journal/segment-index.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { LIMITS } from '../support/documented-limits.ts';

const limits = await limitsOfAllRooms();

it('every limit has its documented value, and none is without one', () => {
  expect(limits).toEqual(LIMITS);
});

it('a frame stays below the 32 KiB that Go clients read', () => {
  expect(limit('MAX_FRAME_BYTES')).toBeLessThan(32_768);
});

it('a request stays below the 10,000 subrequests of the paid plan', () => {
  const calls = limit('MAX_PUBLISH_NAMESPACES') * limit('MAX_CALL_ATTEMPTS');
  expect(calls).toBeLessThanOrEqual(10_000);
});

it('a request that makes calls for others stays below the 50 calls of Workers Free, with those for its token', () => {
  const calls = (1 + limit('MAX_LED_CALLS')) * limit('MAX_CALL_ATTEMPTS');
  expect(calls).toBeLessThanOrEqual(50);
});

it('a request shows several times that it is alive before others make the calls that it makes for them', () => {
  expect(limit('LEADER_LOST_MS')).toBeGreaterThan(3 * limit('LEADER_BEAT_MS'));
});

it('one long call does not make a hub slow', () => {
  expect(limit('MAX_COUNTED_CALL_MS') / limit('AVERAGED_CALLS')).toBeLessThan(
    limit('SLOW_CALL_MS'),
  );
});

it('a handshake stays below the 10,000 subrequests of the paid plan', () => {
  expect(limit('MAX_HUBS') * limit('MAX_CALL_ATTEMPTS')).toBeLessThanOrEqual(10_000);
});

it('a hub stays below the 32,768 WebSockets of a Durable Object', () => {
  expect(limit('MAX_SOCKETS_PER_HUB')).toBeLessThan(32_768);
});

it('a stream shows several times that it is served before its place is lost', () => {
  expect(limit('STREAM_LOST_MS')).toBeGreaterThan(5 * limit('STREAM_BEAT_MS'));
});

it('metadata stays below the hundred nested messages that protobuf readers follow', () => {
  expect(2 + 3 * limit('MAX_METADATA_DEPTH')).toBeLessThanOrEqual(100);
});

it('a hub lets go of more in one turn than a publish request brings', () => {
  expect(limit('MAX_TRIMMED_SEGMENTS')).toBeGreaterThan(limit('MAX_PUBLISH_EVENTS'));
  expect(limit('MAX_TRIMMED_SEGMENTS')).toBeGreaterThan(limit('MAX_DELIVERY_EVENTS'));
});

it('a segment of the smallest events fits the 2 MB of a row, with a largest event, index, fingerprints and note', () => {
  const texts = limit('MAX_SEGMENT_BYTES') + 2 * limit('MAX_FRAME_BYTES');
  const smallest = encodeJson({
    id: '0',
    source: '/',
    time: '2026-01-31T00:00:00Z',
    event_type: 'a',
    namespace: '',
    entity_ids: [],
    note: '',
  });
  const words = (texts / smallest.length) * (INDEX_WORDS + FINGERPRINT_WORDS);
  const namespace = limit('MAX_NAMESPACE_DEPTH') * 2 * limit('MAX_NAMESPACE_CHARACTERS');
  const position = namespace + limit('MAX_EVENT_TYPE_CHARACTERS') + 100;
  const note = 4 * position * limit('MAX_NOTED_POSITIONS');
  expect(texts + 4 * words + note).toBeLessThan(2_000_000);
});

it('a hub has memory for the fingerprints of its window, and trims more than it writes', () => {
  expect(limit('MAX_TRIMMED_BYTES')).toBeGreaterThan(limit('MAX_COMMITTED_BYTES'));
  expect(limit('MAX_FINGERPRINT_BYTES')).toBeGreaterThan(
    2 * 20 * limit('DEDUPLICATION_WINDOW_EVENTS'),
  );
});

it('a page, a feed and the credit of a reader have room for the largest event', () => {
  for (const bytes of [
    limit('MAX_PAGE_BYTES'),
    limit('MAX_FEED_BYTES'),
    limit('MAX_REPLAY_BYTES'),
    limit('MAX_UNACKED_BYTES'),
    limit('MAX_EVENTS_MESSAGE_BYTES'),
    limit('MIN_JOURNAL_BYTES'),
    limit('OPEN_SEGMENT_BYTES'),
  ]) {
    expect(bytes).toBeGreaterThan(limit('MAX_FRAME_BYTES'));
  }
});

it('the documentation of the API has every limit with its value', () => {
  const api = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const rows = [...api.matchAll(/^\| `([A-Z_]+)` \| ([\d.]+) \|/gm)];
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual(limits);
});

async function limitsOfAllRooms(): Promise<Record<string, number>> {
  const source = new URL('../../src/', import.meta.url);
  const rooms = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('limits.ts'))
    .map((file) => import(new URL(file, source).href));
  return Object.assign({}, ...(await Promise.all(rooms)));
}

function limit(name: string): number {
  const value = limits[name];
  if (value === undefined) throw new Error(`no room has the limit ${name}`);
  return value;
}
