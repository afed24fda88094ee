/** What an event gains from the settings of its secret, whatever happened to the secret since. */
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/ingest/audit/audit-entry.ts';
import {
  canBeCompleted,
  completeEvent,
  readSecretFacts,
  type SecretAnswer,
} from '../../src/ingest/audit/secret-facts.ts';

const NOON = Date.parse('2026-11-30T12:00:00Z');

/** So many seconds after noon, as Go writes it. */
function at(seconds: number): string {
  return new Date(NOON + seconds * 1000).toISOString().replace(/\.?0+Z$/, 'Z');
}

interface Version {
  readonly created: number;
  readonly deleted?: number;
  readonly destroyed?: boolean;
}

function facts(current: number, oldest: number, versions: Record<number, Version>): SecretAnswer {
  const told = readSecretFacts({
    data: {
      current_version: current,
      oldest_version: oldest,
      versions: Object.fromEntries(
        Object.entries(versions).map(([number, { created, deleted, destroyed = false }]) => [
          number,
          {
            created_time: at(created),
            deletion_time: deleted === undefined ? '' : at(deleted),
            destroyed,
          },
        ]),
      ),
    },
  });
  if (told === undefined) throw new Error('no facts');
  return told;
}

function event(operation: string, seconds: number, version?: number): AuditEvent {
  return {
    id: 'e1',
    time: at(seconds),
    event_type: `kv-v2/${operation}`,
    namespace: '',
    metadata: { operation, ...(version !== undefined && { current_version: String(version) }) },
    plugin_info: {},
  };
}

/** `current/oldest`, "as it was", or "no event". */
function gains(given: AuditEvent, answer: SecretAnswer, now = NOON + 100_000): string {
  const completed = completeEvent(given, answer, now);
  if (completed === undefined) return 'no event';
  const { current_version: current, oldest_version: oldest } = completed.event.metadata;
  return oldest === undefined ? 'as it was' : `${current}/${oldest}`;
}

const THREE = { 1: { created: 10 }, 2: { created: 20 }, 3: { created: 30 } };

describe('the versions in an event', () => {
  it('are those of the answer, if nothing was written since', () => {
    expect(gains(event('data-write', 30, 3), facts(3, 0, THREE))).toBe('3/0');
    expect(gains(event('data-patch', 30, 3), facts(3, 1, THREE))).toBe('3/1');
  });

  it('are those at the time of the entry, if the secret was written since', () => {
    expect(gains(event('data-write', 20.001, 2), facts(3, 0, THREE))).toBe('2/0');
    expect(gains(event('undelete', 25), facts(3, 0, THREE))).toBe('2/0');
    expect(gains(event('delete', 20.5), facts(3, 0, THREE))).toBe('2/0');
    expect(gains(event('destroy', 30), facts(3, 0, THREE))).toBe('3/0');
  });

  it('follow from the times, if the answer of a write was wrapped', () => {
    expect(gains(event('data-write', 20.4), facts(3, 0, THREE))).toBe('2/0');
  });

  it('have the oldest one that the secret kept then', () => {
    const kept = { 8: { created: 80 }, 9: { created: 90 }, 10: { created: 100 } };
    expect(gains(event('data-write', 100, 10), facts(10, 8, kept))).toBe('10/8');
    expect(gains(event('data-write', 90, 9), facts(10, 8, kept))).toBe('9/7');
    expect(gains(event('data-write', 30, 3), facts(10, 8, kept))).toBe('3/1');
    expect(gains(event('data-write', 20, 2), facts(10, 8, kept))).toBe('2/0');
  });

  it('are 0 for a secret that has only settings', () => {
    expect(gains(event('destroy', 5), facts(0, 0, {}))).toBe('0/0');
    expect(gains(event('data-delete', 5), facts(0, 0, {}))).toBe('no event');
  });

  it.each([
    ['the secret was deleted and written again', event('data-write', 5, 1), facts(1, 0, THREE)],
    ['the same, and the version is not told', event('delete', 5), facts(3, 0, THREE)],
    ['the answer is older than the entry', event('data-write', 40, 4), facts(3, 0, THREE)],
    [
      'the time is not in UTC',
      { ...event('delete', 30), time: '2026-11-30T13:00:00+01:00' },
      facts(3, 0, THREE),
    ],
  ])('stay out if %s', (_, given, answer) => {
    expect(gains(given, answer)).toBe('as it was');
  });
});

describe('a request that changed nothing', () => {
  it.each(['data-delete', 'delete', 'undelete', 'destroy'])(
    'is no event: %s of a secret that does not exist',
    (operation) => {
      expect(gains(event(operation, 0), 'missing', NOON + 9000)).toBe('no event');
    },
  );

  it('is an event if the entry is old: the secret may have been deleted since', () => {
    expect(gains(event('data-delete', 0), 'missing', NOON + 11_000)).toBe('as it was');
  });

  it('cannot be a write', () => {
    expect(gains(event('data-write', 0, 1), 'missing', NOON)).toBe('as it was');
    expect(gains(event('data-patch', 0, 2), 'missing', NOON)).toBe('as it was');
  });

  it('is no event: a version that was deleted or destroyed long before', () => {
    const before = facts(1, 0, { 1: { created: 0, deleted: 10 } });
    expect(gains(event('data-delete', 10.2), before)).toBe('1/0');
    expect(gains(event('data-delete', 16), before)).toBe('no event');
    const destroyed = facts(1, 0, { 1: { created: 0, destroyed: true } });
    expect(gains(event('data-delete', 10), destroyed)).toBe('no event');
  });

  it('is an event if what it deleted was undeleted or deleted again since', () => {
    expect(gains(event('data-delete', 10), facts(1, 0, { 1: { created: 0 } }))).toBe('1/0');
    const again = facts(1, 0, { 1: { created: 0, deleted: 20 } });
    expect(gains(event('data-delete', 10), again)).toBe('1/0');
    const destroyed = facts(1, 0, { 1: { created: 0, deleted: 10, destroyed: true } });
    expect(gains(event('data-delete', 10.1), destroyed)).toBe('1/0');
  });

  it('tells which deletion it is, so that a second request for it is found', () => {
    const deleted = facts(2, 0, { 1: { created: 0 }, 2: { created: 5, deleted: 10 } });
    const first = completeEvent(event('data-delete', 10.1), deleted, NOON);
    const second = completeEvent(event('data-delete', 11), deleted, NOON);
    expect(first?.deletion).toBe('2 2026-11-30T12:00:10.000000000Z');
    expect(second?.deletion).toBe(first?.deletion);
  });
});

describe('the answer of a server', () => {
  it.each([
    ['no object', []],
    ['nothing', { data: null }],
    ['a secret of version 1', { data: { password: 'x', current_version: 3 } }],
    [
      'versions of another form',
      { data: { current_version: 1, oldest_version: 0, versions: { 1: {} } } },
    ],
    ['a number that is none', { data: { current_version: '1', oldest_version: 0, versions: {} } }],
    ['a negative number', { data: { current_version: -1, oldest_version: 0, versions: {} } }],
  ])('is not taken if it is %s', (_, answer) => {
    expect(readSecretFacts(answer)).toBeUndefined();
  });
});

it('a server is asked for the events that have versions, and for no others', () => {
  const asked = ['data-write', 'data-patch', 'data-delete', 'delete', 'undelete', 'destroy'];
  const others = ['metadata-write', 'metadata-patch', 'metadata-delete', 'config-write'];
  for (const operation of asked) expect(canBeCompleted(event(operation, 0))).toBe(true);
  for (const operation of others) expect(canBeCompleted(event(operation, 0))).toBe(false);
  expect(canBeCompleted({ ...event('delete', 0), event_type: 'kv-v1/delete' })).toBe(false);
});
