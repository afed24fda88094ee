import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FINGERPRINT_WORDS } from '../../src/hub/journal/fingerprint.ts';
import { INDEX_WORDS } from '../../src/hub/journal/segment-index.ts';
import { encodeJson } from '../../src/wire/json.ts';

const limits = await limitsOfAllRooms();

it('every limit has its documented value, and none is without one', () => {
  expect(limits).toEqual({
    FRAME_HEADROOM_BYTES: 1024,
    MAX_FRAME_BYTES: 31_744,
    MAX_PUBLISH_BYTES: 1_048_576,
    MAX_PUBLISH_EVENTS: 1000,
    MAX_PUBLISH_NAMESPACES: 100,
    MAX_LISTED_SUBSCRIPTIONS: 200,
    MAX_LISTED_HUBS: 32,
    MAX_LISTED_HUBS_AT_ONCE: 8,
    MAX_HUBS: 3000,
    MAX_NEW_HUBS_PER_PUBLISHER: 300,
    REGISTRATION_CHECK_MS: 600_000,
    RELEASE_RETRY_MS: 30_000,
    MAX_COUNTED_DELIVERIES: 100,
    REPORT_INTERVAL_MS: 60_000,
    STORE_INTERVAL_MS: 5000,
    MAX_REPORTED_SOURCES: 1000,
    MAX_REPORT_AGE_MS: 86_400_000,
    METRICS_RECOUNT_MS: 600_000,
    MAX_EVENT_TYPE_CHARACTERS: 256,
    MAX_PATTERN_CHARACTERS: 512,
    MAX_EVENT_ID_CHARACTERS: 256,
    MAX_EVENT_SOURCE_CHARACTERS: 512,
    MAX_METADATA_DEPTH: 32,
    MAX_AUDITED_ACCOUNTS: 100,
    MAX_AUDITED_VERSIONS: 1000,
    MAX_SOCKETS_PER_HUB: 32_000,
    MAX_QUEUED_EVENTS: 10_000,
    MAX_QUEUED_BYTES: 8_388_608,
    MAX_WAITING_BYTES: 16_777_216,
    MAX_CATCH_UP_BYTES: 12_582_912,
    MAX_CATCH_UP_WAIT_MS: 1000,
    POOL_RECOUNT_MS: 1000,
    MAX_UNACKED_BYTES_PER_HUB: 18_874_368,
    MAX_UNACKED_BYTES_PER_ISOLATE: 37_748_736,
    MAX_COMMITTED_BYTES: 1_048_576,
    FLUSH_LINGER_MS: 6,
    MAX_JOURNAL_EVENTS: 5_000_000,
    MAX_JOURNAL_BYTES: 5_368_709_120,
    MIN_JOURNAL_BYTES: 262_144,
    MAX_JOURNAL_AGE_SECONDS: 31_622_400,
    MAX_RECONNECT_WINDOW_SECONDS: 3600,
    MAX_RETURNS_PER_HUB: 10_000,
    MAX_CUTS_PER_RETURN: 32,
    MAX_HUB_PLACE: 9999,
    OPEN_SEGMENT_BYTES: 32 * 1024,
    MAX_SEGMENT_BYTES: 1024 * 1024,
    DEDUPLICATION_WINDOW_EVENTS: 200_000,
    MAX_FINGERPRINT_BYTES: 12 * 1024 * 1024,
    MAX_CACHED_SEGMENT_BYTES: 8 * 1024 * 1024,
    MAX_TRIMMED_SEGMENTS: 5000,
    MAX_TRIMMED_BYTES: 16 * 1024 * 1024,
    MAX_CONVERTED_EVENTS: 500,
    MAX_CONVERTED_BYTES: 512 * 1024,
    RETENTION_SLACK: 1 / 16,
    MAX_CONVERTED_SEGMENTS: 100,
    MAX_ROWS_READ: 32,
    MAX_NOTED_POSITIONS: 16,
    MAX_PAGE_EVENTS: 1000,
    MIN_PAGE_EVENTS: 32,
    MAX_TURN_BYTES: 524_288,
    MAX_PAGE_BYTES: 524_288,
    MAX_REPLAY_BYTES: 2_097_152,
    MAX_AMBIGUOUS_REPLAY_BYTES: 16_777_216,
    MAX_REPLAY_LAPS: 4,
    REPLAY_BUDGET_BYTES: 33_554_432,
    REPLAY_BYTES_PER_SECOND: 40 * 1024 * 1024,
    MAX_CLOCK_DIFFERENCE_MS: 60_000,
    MAX_FEED_EVENTS: 1000,
    MAX_FEED_BYTES: 1_048_576,
    MAX_FEED_WAIT_MS: 2000,
    MAX_FEED_BACKOFF_MS: 5000,
    MAX_MOVE_PAGE_BYTES: 2 * 1024 * 1024,
    MAX_MOVE_MS: 15_000,
    MAX_VACATE_MS: 10_000,
    MAX_BACKFILL_EVENTS: 20_000,
    MAX_BACKFILL_BYTES: 8_388_608,
    MAX_RETAINED_SUBSCRIPTIONS: 1000,
    DEFAULT_CREDIT: 256,
    MAX_UNACKED_BYTES: 1_048_576,
    ACK_TIMEOUT_MS: 60_000,
    MAX_EVENTS_MESSAGE_BYTES: 131_072,
    RECONNECTS_PER_SECOND: 400,
    MAX_SOCKETS_PER_TOKEN: 1000,
    MAX_RECOUNTED_PER_MS: 100,
    MAX_SUBSCRIPTION_MS: 86_400_000,
    MIN_SUBSCRIPTION_MS: 43_200_000,
    MAX_LEASE_MS: 82_800_000,
    MAX_LEASE_CHARACTERS: 2048,
    KEPT_WATCH_MS: 60_000,
    MAX_RECALLED_EVENTS: 20,
    MAX_CALL_ATTEMPTS: 3,
    MAX_CALL_BACKOFF_MS: 100,
    MAX_CONCURRENT_CALLS: 32,
    MIN_JOB_BACKOFF_MS: 500,
    MAX_JOB_BACKOFF_MS: 30_000,
    MAX_NOTICES: 500,
    MAX_LOOK_UPS: 500,
    LOOK_UP_PAUSE_MS: 2,
    MAX_DECISION_AGE_MS: 60_000,
    LOOKUP_CACHE_MS: 5000,
    GENERATION_CHECK_MS: 300_000,
    MIN_RESTORE_AGE_MS: 600_000,
    MAX_RESTORE_WAIT_MS: 10_000,
    MAX_KEPT_CHARACTERS: 500_000,
    MAX_CACHED_LOOKUPS: 500,
    MAX_CACHED_POLICY_PATHS: 5000,
    MAX_ORIGIN_CHARACTERS: 64,
    MAX_PATHS_PER_TOKEN: 10_000,
    MAX_CACHED_ACCESS_BYTES: 12_582_912,
    MAX_LOGGED_FAILURES: 20,
    LOGGED_FAILURES_MS: 60_000,
    MAX_CACHED_ACCESSES: 2000,
    MAX_CACHED_CURSORS: 1000,
    MAX_HELD_DECISIONS: 1_000_000,
    MAX_ANSWERED_TEXT_CHARACTERS: 4_194_304,
    MAX_JOBS_AT_ONCE: 500,
    MAX_NAMESPACE_CHARACTERS: 64,
    MAX_NAMESPACE_DEPTH: 8,
    MAX_QUOTA: 9_999_999_999,
    QUOTA_ALLOWANCE_MS: 1000,
    QUOTA_RECOUNT_MS: 5000,
    MAX_CHILD_NAMESPACES: 1000,
    MAX_NAMESPACE_PATTERNS: 32,
    MAX_NAMESPACE_PATTERN_CHARACTERS: 512,
    MAX_API_BODY_BYTES: 524_288,
    MAX_API_BODY_DEPTH: 64,
    MAX_TOKENS: 100_000,
    MAX_TOKEN_CHARACTERS: 1024,
    MAX_TOKEN_USES: 2_147_483_647,
    MAX_META_BYTES: 8192,
    MAX_DISPLAY_NAME_CHARACTERS: 256,
    MAX_POLICIES_PER_TOKEN: 100,
    MAX_POLICIES: 1000,
    MAX_POLICY_NAME_CHARACTERS: 128,
    DEFAULT_TOKEN_TTL_SECONDS: 2_764_800,
    MAX_TOKEN_TTL_SECONDS: 2_764_800,
    SPENT_TOKEN_MS: 10_000,
    TICKET_TTL_SECONDS: 60,
    MAX_TICKETS: 10_000,
    MAX_STREAMS: 64,
    MAX_STREAM_SECONDS: 1800,
    STREAM_PING_MS: 15_000,
    STREAM_BEAT_MS: 500,
    STREAM_LOST_MS: 5000,
    MAX_WARNING_CHARACTERS: 2048,
    MAX_NAMED_PARAMETERS: 5,
    MAX_NAMED_TYPES: 5,
    MAX_LOGGED_CHARACTERS: 4096,
    MAX_ROLES: 1000,
    MAX_SOURCES: 1000,
    MAX_DELIVERY_BYTES: 1_048_576,
    MAX_DELIVERY_EVENTS: 4000,
    MAX_FORM_FIELDS: 1000,
    MAX_DELIVERY_FRAMES_CHARACTERS: 4_194_304,
    MAX_SOURCE_SECRETS: 10,
    MIN_SOURCE_SECRET_CHARACTERS: 8,
    MAX_SOURCE_SECRET_CHARACTERS: 1024,
    MAX_SOURCE_OPTION_CHARACTERS: 2048,
    MAX_TEMPLATE_CHARACTERS: 256,
    MAX_SIGNATURE_CHARACTERS: 4096,
    MAX_SIGNATURES: 4,
    DEFAULT_TOLERANCE_SECONDS: 300,
    MAX_TOLERANCE_SECONDS: 86_400,
    MAX_RULE_CHARACTERS: 512,
    MAX_MAPPED_NAMES: 64,
    MAX_MOUNTS: 1000,
    MAX_SHARED_EVENTS: 128,
    MAX_SHARED_CHARACTERS: 262_144,
    MAX_CALL_WAIT_MS: 10,
    ABANDONED_AFTER_MS: 1000,
    CALL_LINGER_MS: 1,
    SLOW_CALL_MS: 25,
    AVERAGED_CALLS: 8,
    MAX_COUNTED_CALL_MS: 125,
    MAX_LED_CALLS: 8,
    LEADER_BEAT_MS: 1000,
    LEADER_LOST_MS: 5000,
    OLDER_OBJECT_MS: 1000,
    NAMESPACE_CACHE_MS: 60_000,
    RATE_LIMIT_RETRY_SECONDS: 10,
    STRANGER_MS: 5000,
    MAX_LOOK_UP_WAIT_MS: 100,
    MAX_AUDIT_WAIT_MS: 1000,
    MAX_LOGGED_REASONS: 10,
    MAX_LOGGED_EVENTS: 10,
    MAX_SECRET_IDS: 100_000,
    MAX_AUDIT_EVENTS_PER_SECOND: 50,
    MAX_DENIAL_EVENTS_PER_SECOND: 10,
    MAX_EXPLAINED_HUBS: 200,
    MAX_CAPABILITY_PATHS: 100,
    RETRY_AFTER_SECONDS: 2,
    MAX_POLICY_BYTES: 262_144,
    MAX_POLICY_DEPTH: 32,
    MAX_POLICY_PATHS: 2000,
    MAX_JWT_CHARACTERS: 32_768,
    KEY_FETCH_TIMEOUT_MS: 5000,
    MAX_KEY_SET_BYTES: 262_144,
    MAX_KEYS: 50,
    MAX_KEY_SET_AGE_MS: 600_000,
    KEY_REFRESH_INTERVAL_MS: 2000,
    MAX_CERTIFICATE_AGE_MS: 86_400_000,
    MAX_SOURCE_FETCHES: 10,
    MAX_CACHED_KEY_SETS: 100,
    MAX_PUBLIC_URL_CHARACTERS: 2048,
    MAX_PEM_CHARACTERS: 16_384,
    MAX_ROLE_NAME_CHARACTERS: 128,
    MAX_FIELD_CHARACTERS: 1024,
    MAX_FIELD_ENTRIES: 500,
    MAX_GROUPS: 500,
    MAX_DURATION_SECONDS: 3_153_600_000,
    MAX_FILTER_CHARACTERS: 2048,
    MAX_FILTER_DEPTH: 100,
    MAX_FILTER_REGEXES: 32,
    MAX_FILTER_REGEX_SIZE: 1000,
    MAX_FILTERED_CHARACTERS: 1024,
    MAX_FILTER_COST_PER_TOKEN: 2000,
    MAX_FILTER_COST_PER_HUB: 20_000,
    MAX_REGEX_CACHE_BYTES: 131_072,
    MAX_CLIENT_MESSAGE_BYTES: 1024,
    MAX_CREDIT: 10_000,
    UPSTREAM_TIMEOUT_MS: 300_000,
    MOUNT_CACHE_MS: 60_000,
    MAX_COPIED_BODY_BYTES: 65_536,
    MAX_WAITING_UPSTREAM_EVENTS: 500,
    UPSTREAM_EVENT_WAIT_MS: 5000,
    MAX_REFERENCE_AGE_SECONDS: 600,
    UPSTREAM_LOOKUP_TIMEOUT_MS: 5000,
    UNKNOWN_TOKEN_MS: 1000,
    MAX_UPSTREAM_ANSWER_BYTES: 262_144,
    MAX_HANDSHAKE_TOKENS: 3,
    MAX_UPSTREAM_TOKEN_CHARACTERS: 8192,
    MAX_CONCURRENT_LOOKUPS: 6,
    UPSTREAM_RECHECK_MS: 3_600_000,
    UPSTREAM_TTL_TOLERANCE_MS: 5000,
    MAX_AUDIT_ENTRY_BYTES: 1_048_575,
    MAX_FORWARDED_BYTES: 262_144,
    MAX_FORWARDED_ENTRIES: 500,
    FORWARD_TIMEOUT_MS: 30_000,
    MAX_REWRITTEN_HEAD_BYTES: 256 * 1024,
    FRONT_LINGER_MS: 60_000,
    MAX_LOG_LINES_PER_SECOND: 40,
    MAX_WORKERD_LINE_CHARACTERS: 65_536,
    MAX_WAITING_LOG_CHARACTERS: 4_194_304,
    STOP_MS: 8000,
    API_TIMEOUT_MS: 60_000,
    FORWARD_POLL_MS: 200,
    FORWARD_REMARK_INTERVAL_MS: 1000,
    LOG_HEAD_BYTES: 1024,
    MAX_MTIME_ERROR_MS: 2000,
    MAX_FORWARD_QUEUE_BYTES: 33_554_432,
    MAX_FORWARD_CONNECTIONS: 64,
    RELAY_MIN_BACKOFF_MS: 1000,
    RELAY_MAX_BACKOFF_MS: 60_000,
    RELAY_HELLO_TIMEOUT_MS: 10_000,
    MAX_RELAY_ENTRIES: 20_000,
    MAX_RELAY_BYTES: 67_108_864,
    MAX_RELAY_STALL_MS: 30_000,
    MAX_RELAY_MESSAGE_BYTES: 2_099_200,
    RELAY_CREDIT: 2000,
    MIN_LISTEN_TIMEOUT_MS: 1000,
    LISTEN_TIMEOUT_MS: 30_000,
    LISTEN_MIN_BACKOFF_MS: 500,
    LISTEN_MAX_BACKOFF_MS: 10_000,
    MAX_LISTEN_ANSWER_BYTES: 4096,
    MAX_LISTEN_SHOWN_CHARACTERS: 120,
    MAX_SUBSCRIBE_TIMEOUT_SECONDS: 2_147_483,
    SUBSCRIBE_HANDSHAKE_TIMEOUT_MS: 10_000,
    MAX_REDIRECTS: 10,
    MAX_INPUT_BYTES: 1_048_576,
    MAX_TRIGGERED_EVENTS: 100_000,
    MIN_TRIGGER_RATE: 0.001,
    MAX_TRIGGER_RATE: 1000,
    STATUS_TIMEOUT_MS: 10_000,
    MAX_STATUS_HUBS: 20,
    DOCTOR_TIMEOUT_MS: 10_000,
    MAX_CLOCK_SKEW_MS: 5000,
    MAX_REVOCATION_MS: 1000,
    LATENCY_EVENTS: 50,
    RESUMED_EVENTS: 60,
    DOCTOR_HEARTBEAT_MS: 30_000,
    MAX_DOCTOR_IDLE_SECONDS: 86_400,
    MAX_TOP_INTERVAL_SECONDS: 86_400,
    MIN_REACHABLE_ROOT_TOKEN_CHARACTERS: 12,
    MAX_APPLY_FILES: 5000,
    MAX_APPLY_FILE_BYTES: 262_144,
    MAX_APPLY_FOLDER_DEPTH: 16,
    MAX_APPLY_OBJECTS: 5000,
    MAX_APPLY_DEPTH: 64,
    MAX_APPLY_REQUESTS: 8,
    MAX_APPLY_ERRORS: 50,
    MAX_APPLY_DIFF_LINES: 2000,
    MAX_APPLY_VALUE_CHARACTERS: 160,
  });
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
