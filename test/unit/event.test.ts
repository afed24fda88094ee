import { describe, expect, it } from 'vitest';
import { checkEvent, type EventDefaults } from '../../src/event/event.ts';
import { check, DEFAULTS, refusalOf } from './support/checked.ts';
import { accepted, failureOf } from './support/result.ts';

describe('an event', () => {
  it('needs nothing but its type; the rest is given', () => {
    expect(check({})).toStrictEqual({
      id: 'made',
      time: '2026-01-31T23:59:59.5Z',
      source: 'vault://carillon',
      event_type: 'abc',
      namespace: '',
      entity_ids: [],
      note: '',
    });
  });

  it('keeps every member as the producer wrote it', () => {
    const event = {
      id: 'delivery 7/ü',
      time: '2023-09-12T15:19:49.394915821-07:00',
      source: 'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66',
      event_type: 'x/y.z',
      namespace: '',
      metadata: { path: 'a/b', deep: [{ n: 1 }, null] },
      entity_ids: ['e1', ''],
      note: 'line\nbreak',
      plugin_info: {
        mount_class: 'secret',
        mount_accessor: 'kv_5dc4d18e',
        mount_path: 'secret/',
        plugin: 'kv',
        plugin_version: 'v0.1',
        version: '2',
      },
    };
    expect(check(event)).toStrictEqual(event);
  });

  it.each([
    [null, 'null'],
    [[], 'a list'],
    ['abc', 'a string'],
    [1, 'a number'],
    [false, 'a boolean'],
  ])('is an object, not %j', (body, kind) => {
    expect(failureOf(checkEvent(body, DEFAULTS))).toEqual({
      reason: 'invalid',
      message: `an event must be a JSON object, not ${kind}`,
    });
  });

  it.each([
    'eventType',
    'Metadata',
    'data',
    'timestamp',
    'specversion',
    'constructor',
    'toString',
    '',
  ])('has no member "%s"', (key) => {
    expect(refusalOf({ [key]: 'x' })).toBe(
      `unknown key "${key}"; an event has id, time, source, event_type, namespace, metadata, entity_ids, note, plugin_info`,
    );
  });

  it.each(['path', 'data_path', 'operation'])('has "%s" in its metadata', (key) => {
    expect(refusalOf({ [key]: 'x' })).toMatch(
      new RegExp(`^"${key}" belongs into the metadata: {"metadata": {"${key}": …}}; an event has `),
    );
  });

  it('has no member __proto__, and takes none from a prototype', () => {
    const withProto = JSON.parse('{"event_type":"abc","__proto__":{"id":"x"}}');
    expect(failureOf(checkEvent(withProto, DEFAULTS)).message).toContain('unknown key "__proto__"');
  });

  it.each([
    ['id', 7, 'id must be a string, not a number'],
    ['time', 1769903999, 'time must be a string, not a number'],
    ['source', ['a'], 'source must be a string, not a list'],
    ['event_type', { a: 1 }, 'event_type must be a string, not an object'],
    ['namespace', 1, 'namespace must be a string, not a number'],
    ['metadata', 'a=b', 'metadata must be a JSON object, not a string'],
    ['metadata', [], 'metadata must be a JSON object, not a list'],
    ['entity_ids', 'e1', 'entity_ids must be a list of strings, not a string'],
    ['entity_ids', { 0: 'e1' }, 'entity_ids must be a list of strings, not an object'],
    ['entity_ids', ['e1', 2], 'entity_ids[1] must be a string, not a number'],
    ['entity_ids', [null], 'entity_ids[0] must be a string, not null'],
    ['note', true, 'note must be a string, not a boolean'],
    ['plugin_info', 'kv', 'plugin_info must be a JSON object, not a string'],
    ['plugin_info', [], 'plugin_info must be a JSON object, not a list'],
    ['plugin_info', { version: 2 }, 'plugin_info.version must be a string, not a number'],
  ])('with %s %j is refused: %s', (member, value, message) => {
    expect(refusalOf({ [member]: value })).toBe(message);
  });

  it('may say of every member with null that it is not there', () => {
    const members = [
      'id',
      'time',
      'source',
      'namespace',
      'metadata',
      'entity_ids',
      'note',
      'plugin_info',
    ];
    expect(check(Object.fromEntries(members.map((member) => [member, null])))).toStrictEqual(
      check({}),
    );
    expect(check({ plugin_info: { plugin: null, version: '2' } }).plugin_info).toEqual({
      version: '2',
    });
    expect(failureOf(checkEvent({ event_type: null }, DEFAULTS)).message).toContain(
      'has no event_type',
    );
  });

  it('keeps empty metadata and empty plugin info apart from none', () => {
    expect(check({ metadata: {}, plugin_info: {} })).toMatchObject({
      metadata: {},
      plugin_info: {},
    });
  });

  it('has no half of a surrogate pair in any text', () => {
    const half = '\ud83d';
    expect(refusalOf({ id: half })).toContain('unpaired surrogate');
    expect(refusalOf({ note: half })).toBe('note has an unpaired surrogate');
    expect(refusalOf({ entity_ids: ['', half] })).toBe('entity_ids[1] has an unpaired surrogate');
    expect(refusalOf({ plugin_info: { plugin: half } })).toBe(
      'plugin_info.plugin has an unpaired surrogate',
    );
    expect(refusalOf({ metadata: { a: half } })).toBe('metadata.a has an unpaired surrogate');
  });
});

describe('the type of an event', () => {
  const toUrl = (eventType: string): EventDefaults => ({ ...DEFAULTS, eventType });

  it('stands in the event or in the URL', () => {
    expect(accepted(checkEvent({}, toUrl('a/b'))).event_type).toBe('a/b');
    expect(accepted(checkEvent({ event_type: 'a/b' }, toUrl('a/b'))).event_type).toBe('a/b');
    expect(failureOf(checkEvent({}, DEFAULTS)).message).toBe(
      'the event has no event_type, and the URL names none either; name it in the URL: /v1/sys/events/publish/deploy/finished',
    );
  });

  it('is not one in the event and another in the URL', () => {
    for (const inBody of ['a/c', 'A/B', 'a/b/', '']) {
      expect(failureOf(checkEvent({ event_type: inBody }, toUrl('a/b'))).message).toBe(
        `event_type is "${inBody}", but the URL says "a/b"`,
      );
    }
  });

  it('is checked', () => {
    expect(refusalOf({ event_type: 'kv*' })).toContain('"*"');
    expect(refusalOf({ event_type: '' })).toBe('the event type is empty');
  });
});

describe('the metadata of a catalogued type', () => {
  const write = { modified: 'true', operation: 'write', path: 'kv/a', data_path: 'kv/a' };

  it('has the keys that every event of the type carries, and may have more', () => {
    const event = check({ event_type: 'kv-v1/write', metadata: { ...write, extra: 1 } });
    expect(event.metadata).toEqual({ ...write, extra: 1 });
  });

  it('is refused with the names of the keys that it lacks', () => {
    const metadata = { path: 'kv/a', modified: 'true' };
    expect(refusalOf({ event_type: 'kv-v1/write', metadata })).toBe(
      'metadata lacks "data_path", "operation", which every kv-v1/write event carries',
    );
    expect(refusalOf({ event_type: 'kv-v1/write', metadata: null })).toBe(
      'kv-v1/write carries metadata data_path, modified, operation, path; the event has none',
    );
  });

  it('is asked for where the type stands in the URL, too', () => {
    const failure = failureOf(checkEvent({}, { ...DEFAULTS, eventType: 'lease/issued' }));
    expect(failure.message).toContain('lease/issued carries metadata lease_id');
  });

  it('may lack keys where it is told by others, who may not know them', () => {
    const defaults = { ...DEFAULTS, mayLackMetadata: true };
    const event = { event_type: 'ldap/root-rotate', metadata: { path: 'ldap/rotate-root' } };
    expect(accepted(checkEvent(event, defaults)).metadata).toEqual(event.metadata);
    expect(accepted(checkEvent({ event_type: 'kv-v1/write' }, defaults)).metadata).toBeUndefined();
    const wrong = { event_type: 'kv-v1/write', metadata: { path: 'kv/../a' } };
    expect(failureOf(checkEvent(wrong, defaults)).message).toContain('has a ".." segment');
  });

  it('does not get its keys from a prototype', () => {
    const metadata = Object.assign(Object.create({ path: 'kv/a' }), { ...write });
    delete metadata.path;
    expect(refusalOf({ event_type: 'kv-v1/write', metadata })).toContain('lacks "path"');
  });

  it('is free for types that are in no catalog', () => {
    expect(check({ event_type: 'kv-v1/read', metadata: {} }).metadata).toEqual({});
  });
});
