import { describe, expect, it } from 'vitest';
import { CATALOG } from '../../src/event/catalog.ts';
import { checkEvent } from '../../src/event/event.ts';
import type { SampleEvent } from '../../src/event/samples/sample.ts';
import { sampleEvent } from '../../src/event/samples/samples.ts';
import { readAuditEntry } from '../../src/ingest/audit/audit-entry.ts';
import { readCases } from '../support/cases.ts';
import { accepted } from './support/result.ts';

const TYPES = [...CATALOG.keys()];

/** What Vault's code sends in addition to what its documentation lists. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  'kv-v2/data-write': ['current_version', 'oldest_version'],
  'kv-v2/data-patch': ['current_version', 'oldest_version'],
  'kv-v2/data-delete': ['current_version', 'oldest_version'],
  'kv-v2/undelete': ['current_version', 'oldest_version', 'undeleted_versions'],
  'kv-v2/delete': ['current_version', 'deleted_versions', 'oldest_version'],
  'kv-v2/destroy': ['current_version', 'destroyed_versions', 'oldest_version'],
  'ldap/library-check-in': ['service_account'],
  'ldap/library-check-out': ['service_account'],
};

/** The documentation lists a name, but the engine has one configuration. */
const WITHOUT_NAME = [
  'ldap/config-delete',
  'ldap/config-write',
  'ldap/root-rotate',
  'ldap/root-rotate-fail',
];

function sampleOf(eventType: string, number = 0, mount?: string): SampleEvent {
  const sample = sampleEvent(eventType, number, mount);
  if (sample === undefined) throw new Error(`no sample of ${eventType}`);
  return sample;
}

describe('samples', () => {
  it.each(TYPES)('of %s have exactly the keys that Vault sends', (type) => {
    const keys = [...(CATALOG.get(type)?.metadata ?? []), ...(MORE[type] ?? [])];
    expect(Object.keys(sampleOf(type).metadata).toSorted()).toEqual(keys.toSorted());
  });

  it.each(TYPES)('of %s have values in the form that Vault gives them', (type) => {
    for (const number of [0, 1, 7, 100]) {
      const { event_type, metadata, plugin_info } = sampleOf(type, number);
      expect(event_type).toBe(type);
      const operation = type.split('/')[1];
      if (!type.startsWith('lease/')) expect(metadata.operation).toBe(operation);
      expect(metadata.modified).toMatch(/^(true|false)$/);
      expect(metadata.path).toMatch(/^[a-z][\w-]*(\/[\w-]+)+$/);
      for (const [key, value] of Object.entries(metadata)) {
        expect(typeof value).toBe('string');
        const mayBeEmpty = key === 'name' && WITHOUT_NAME.includes(type);
        expect({ key, isEmpty: value === '' }).toEqual({ key, isEmpty: mayBeEmpty });
        if (key.endsWith('_version')) expect(value).toMatch(/^\d+$/);
        if (key.endsWith('_versions')) expect(value).toMatch(/^\[\d+\]$/);
      }
      if (type.startsWith('lease/')) {
        expect(plugin_info).toBeUndefined();
        expect(metadata.lease_id).toMatch(new RegExp(`^${metadata.path}/[0-9A-Za-z]{24}$`));
      } else {
        expect(metadata.path?.startsWith(plugin_info?.mount_path ?? '-')).toBe(true);
        expect(plugin_info?.mount_accessor).toMatch(/^[a-z]+_[0-9a-f]{8}$/);
        expect(plugin_info?.plugin).toBe(CATALOG.get(type)?.plugin);
      }
    }
  });

  it('can be published as they are', () => {
    for (const type of TYPES) {
      const sample = sampleOf(type, 3);
      const event = checkEvent(sample, {
        newId: () => 'id',
        now: 0,
        source: 'vault://a',
        namespace: '',
        eventType: type,
      });
      expect(accepted(event)).toMatchObject({ event_type: type, metadata: sample.metadata });
    }
  });

  it('say of failures and of requests that only read that nothing was modified', () => {
    const unmodified = TYPES.filter((type) => sampleOf(type).metadata.modified === 'false');
    const silent = ['database/reset', 'database/static-creds-create'];
    expect(unmodified).toEqual(
      TYPES.filter((type) => type.endsWith('-fail') || silent.includes(type)),
    );
  });

  it('count the versions of a secret up, and go on to another secret after three', () => {
    const versions = Array.from({ length: 13 }, (_, number) => {
      const { path, current_version } = sampleOf('kv-v2/data-write', number).metadata;
      return `${path}@${current_version}`;
    });
    expect(versions.slice(0, 4)).toEqual([
      'secret/data/app/config@1',
      'secret/data/app/config@2',
      'secret/data/app/config@3',
      'secret/data/app/database@1',
    ]);
    expect(versions[12]).toBe('secret/data/app/config@4');
    expect(new Set(versions).size).toBe(13);
    expect(sampleOf('kv-v2/data-write', 120).metadata).toMatchObject({
      current_version: '31',
      oldest_version: '21',
    });
  });

  it('differ from one to the next, unless an engine has only one such path', () => {
    const alike = TYPES.filter((type) => {
      const texts = [0, 1, 2, 3].map((number) => JSON.stringify(sampleOf(type, number).metadata));
      return new Set(texts).size === 1;
    });
    const single = [
      'azure/config-write',
      'azure/rotate',
      'azure/rotate-fail',
      'kv-v2/config-write',
    ];
    expect(alike).toEqual([...single, ...WITHOUT_NAME].toSorted());
  });

  it('are the same for the same number', () => {
    for (const type of TYPES) expect(sampleOf(type, 5)).toEqual(sampleOf(type, 5));
  });

  it('have one lease for one number, which is issued, renewed and revoked', () => {
    const [issued, renewed, revoked] = ['issued', 'renewed', 'revoked'].map(
      (name) => sampleOf(`lease/${name}`, 4).metadata,
    );
    expect(renewed?.lease_id).toBe(issued?.lease_id);
    expect(revoked?.lease_id).toBe(issued?.lease_id);
    expect([issued, renewed, revoked].map((each) => each?.operation)).toEqual([
      'issue',
      'renew',
      'revoke',
    ]);
  });

  it('come from the mount that the caller names', () => {
    const { metadata, plugin_info } = sampleOf('kv-v2/undelete', 0, 'team-a/kv');
    expect(metadata).toMatchObject({
      path: 'team-a/kv/undelete/app/config',
      data_path: 'team-a/kv/data/app/config',
    });
    expect(plugin_info?.mount_path).toBe('team-a/kv/');
  });

  it.each(['deploy/finished', 'kv-v2/data-wirte', '', 'kv-v2/*'])('do not exist of %j', (type) => {
    expect(sampleEvent(type, 0)).toBeUndefined();
  });
});

interface ProduceCase {
  readonly event_type?: string;
  readonly expect_metadata: Readonly<Record<string, string>>;
}

it('samples of kv types have the keys of events that the KV plugin sends', () => {
  const cases = readCases<ProduceCase>('produce').filter(({ event_type = '' }) =>
    CATALOG.has(event_type),
  );
  expect(cases.length).toBeGreaterThan(5);
  for (const { event_type = '', expect_metadata } of cases) {
    expect({ event_type, keys: Object.keys(sampleOf(event_type).metadata).toSorted() }).toEqual({
      event_type,
      keys: Object.keys(expect_metadata).toSorted(),
    });
  }
});

describe('a sample and the event that the audit entry of the same request becomes', () => {
  const OPERATIONS: readonly (readonly [type: string, operation: string])[] = [
    ['database/config-write', 'create'],
    ['database/config-delete', 'delete'],
    ['database/creds-create', 'read'],
    ['database/reload', 'update'],
    ['database/reset', 'update'],
    ['database/role-create', 'create'],
    ['database/role-update', 'update'],
    ['database/root-rotate', 'update'],
    ['database/rotate', 'update'],
    ['database/static-creds-create', 'read'],
    ['database/static-role-update', 'update'],
    ['kv-v1/write', 'update'],
    ['kv-v2/config-write', 'update'],
    ['kv-v2/metadata-patch', 'patch'],
    ['ldap/creds-create', 'read'],
    ['ldap/library-check-in', 'update'],
    ['ldap/library-update', 'update'],
    ['ldap/role-delete', 'delete'],
    ['ldap/static-role-create', 'create'],
    ['ldap/rotate', 'update'],
  ];

  it.each(OPERATIONS)('are the same for %s', (type, operation) => {
    const { metadata, plugin_info = {} } = sampleOf(type, 1);
    const entry = {
      type: 'response',
      time: '2026-11-22T12:00:00Z',
      request: {
        id: 'request-1',
        operation,
        path: metadata.path,
        mount_type: plugin_info.plugin,
        mount_point: plugin_info.mount_path,
        mount_class: 'secret',
        namespace: { id: 'root' },
      },
      response: { data: {}, mount_type: plugin_info.plugin },
    };
    const [event] = accepted(readAuditEntry(entry, new Map([['kv/', 1]])));
    expect(event?.event_type).toBe(type);
    expect(metadata).toMatchObject(event?.metadata ?? { missing: true });
  });
});
