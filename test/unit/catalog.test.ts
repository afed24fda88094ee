import { describe, expect, it } from 'vitest';
import { CATALOG } from '../../src/event/catalog.ts';
import { checkEventType } from '../../src/event/event-type.ts';
import { readCases } from '../support/cases.ts';
import { readFixture } from './support/fixtures.ts';
import { accepted } from './support/result.ts';

interface DocumentedType {
  readonly type: string;
  readonly plugin: string;
  readonly metadata: readonly string[];
  readonly since: string;
}

interface ProduceCase {
  readonly event_type?: string;
  readonly expect_metadata: Readonly<Record<string, string>>;
}

/** The release that brought a type, for those whose namespace is given. */
function releasesOf(namespace: string): string[] {
  return [...CATALOG].filter(([type]) => type.startsWith(`${namespace}/`)).map(([, t]) => t.since);
}

describe('the catalog of event types', () => {
  it('is that of the documentation: types, plugins, metadata keys and releases', () => {
    const documented = readFixture<DocumentedType[]>('event-types.json').map(
      ({ type, plugin, metadata, since }) => ({
        type,
        plugin,
        metadata: metadata.toSorted(),
        since,
      }),
    );
    const catalogued = [...CATALOG].map(([type, { plugin, metadata, since }]) => ({
      type,
      plugin,
      metadata: metadata.toSorted(),
      since,
    }));
    expect(catalogued).toEqual(documented.toSorted((a, b) => (a.type < b.type ? -1 : 1)));
  });

  it('has the 29 types of Vault 1.16: 17 of databases, 2 of kv-v1, 10 of kv-v2', () => {
    const of116 = (namespace: string) =>
      releasesOf(namespace).filter((since) => since === '1.13' || since === '1.16').length;
    expect([of116('database'), of116('kv-v1'), of116('kv-v2')]).toEqual([17, 2, 10]);
    expect(
      [...CATALOG.values()].filter(({ since }) => since === '1.13' || since === '1.16'),
    ).toHaveLength(29);
  });

  it('has the 33 types of later releases, 62 in all', () => {
    expect(releasesOf('database').filter((since) => since === '1.19')).toHaveLength(2);
    expect(releasesOf('ldap')).toEqual(Array(19).fill('1.21'));
    expect(releasesOf('azure')).toEqual(Array(8).fill('2.0'));
    expect(releasesOf('lease')).toEqual(Array(4).fill('2.0'));
    expect(CATALOG.size).toBe(62);
  });

  it('has only event types that can be published', () => {
    for (const type of CATALOG.keys()) expect(accepted(checkEventType(type))).toBe(type);
  });

  it('lists them in alphabetical order', () => {
    expect([...CATALOG.keys()]).toEqual([...CATALOG.keys()].toSorted());
  });

  it('asks of each type for a path, without which nobody but root could be shown the event', () => {
    const withoutPath = [...CATALOG].filter(([, { metadata }]) => !metadata.includes('path'));
    expect(withoutPath).toEqual([]);
  });

  it('asks for no key that the KV plugin does not send', () => {
    const cases = readCases<ProduceCase>('produce').flatMap(({ event_type, expect_metadata }) => {
      const catalogued = CATALOG.get(event_type ?? '');
      return catalogued === undefined ? [] : [{ event_type, catalogued, expect_metadata }];
    });
    expect(cases.length).toBeGreaterThan(5);
    for (const { event_type, catalogued, expect_metadata } of cases) {
      const missing = catalogued.metadata.filter((key) => !Object.hasOwn(expect_metadata, key));
      expect({ event_type, missing }).toEqual({ event_type, missing: [] });
    }
  });
});
