/** Audit entries of any shape: none may fail the reader, which would fail the request that is audited. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject } from '../../src/lib/json.ts';
import { readAuditEntry } from './support/audit-reading.ts';
import { runs } from './support/runs.ts';

const ENTRY = {
  time: '2026-11-22T20:10:55.123456789Z',
  type: 'response',
  auth: { policy_results: { allowed: true } },
  request: {
    id: 'an-id',
    operation: 'update',
    mount_point: 'secret/',
    mount_type: 'kv',
    mount_accessor: 'kv_1',
    mount_class: 'secret',
    namespace: { id: 'root', path: '' },
    path: 'secret/destroy/app',
    data: { versions: [1, '2'] },
  },
  response: {
    data: { version: 3, http_status_code: 200 },
    secret: { lease_id: 'database/creds/app/x' },
    wrap_info: null,
  },
};

/** Values of every kind, among them objects of which neither a text nor a number can be made. */
const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    { toString: 1, valueOf: 1 },
    [{ toString: null, valueOf: null }],
    JSON.parse('{"__proto__": {"path": "x"}}') as unknown,
    JSON.parse('1e400') as unknown,
    -1,
    '\u{d800}',
    '../../etc',
    'hmac-sha256:00',
    ['1,2', { length: 7 }],
  ),
);
const places = placesIn(ENTRY);

function placesIn(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (!isJsonObject(value)) return [at];
  return [at, ...Object.entries(value).flatMap(([key, each]) => placesIn(each, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  return isJsonObject(value) ? { ...value, [key]: replaced(value[key], rest, by) } : value;
}

describe('an audit entry with anything anywhere', () => {
  it.each([
    ['kv', 'secret/destroy/app'],
    ['kv', 'secret/data/app'],
    ['database', 'secret/creds/app'],
    ['ldap', 'secret/library/app/check-out'],
    ['system', 'secret/leases/revoke'],
  ])('of %s, %s, is read, ignored or dropped', (mount_type, path) => {
    const entry = { ...ENTRY, request: { ...ENTRY.request, mount_type, path } };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...places), hostile), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const changed = changes.reduce<unknown>(
            (before, [place, by]) => replaced(before, place, by),
            entry,
          );
          const reading = readAuditEntry(changed, { mounts: new Map() });
          expect(Object.keys(reading)).toHaveLength(1);
          if (!('events' in reading)) return;
          for (const { metadata, plugin_info } of reading.events) {
            for (const text of Object.values({ ...metadata, ...plugin_info })) {
              expect(typeof text).toBe('string');
            }
          }
        },
      ),
      { numRuns: runs(8000) },
    );
  });
});
