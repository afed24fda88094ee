import { describe, expect, it } from 'vitest';
import {
  MAX_EVENT_ID_CHARACTERS,
  MAX_EVENT_SOURCE_CHARACTERS,
  MAX_METADATA_DEPTH,
} from '../../src/event/limits.ts';
import { check, refusalOf } from './support/checked.ts';
import { nested } from './support/events.ts';

describe('the bounds of an event', () => {
  it('are those of its id', () => {
    const longest = 'i'.repeat(MAX_EVENT_ID_CHARACTERS);
    expect(check({ id: longest }).id).toBe(longest);
    expect(refusalOf({ id: `${longest}i` })).toBe(
      `id has ${MAX_EVENT_ID_CHARACTERS + 1} characters, at most ${MAX_EVENT_ID_CHARACTERS} are allowed`,
    );
    expect(refusalOf({ id: '' })).toBe('id is empty; leave it out to have one made');
  });

  it('are those of its source', () => {
    const longest = `/${'s'.repeat(MAX_EVENT_SOURCE_CHARACTERS - 1)}`;
    expect(check({ source: longest }).source).toBe(longest);
    expect(refusalOf({ source: `${longest}s` })).toBe(
      `source has ${MAX_EVENT_SOURCE_CHARACTERS + 1} characters, at most ${MAX_EVENT_SOURCE_CHARACTERS} are allowed`,
    );
  });

  it('are those of its metadata', () => {
    expect(check({ metadata: { a: nested(MAX_METADATA_DEPTH - 1, 1) } })).toBeDefined();
    expect(refusalOf({ metadata: { a: nested(MAX_METADATA_DEPTH, 1) } })).toContain('deeper');
  });
});

describe('the texts of an event', () => {
  it.each(['a\0', '\n', 'a\x1f', 'a\x7f', 'a\x80', '\x9fa'])('id %j is refused', (id) => {
    expect(refusalOf({ id })).toContain('has a control character');
  });

  it.each(['/a', 'a', 'https://h:1/p?q=%20#f', 'urn:a:b', "!$&'()*+,;=:@[]~"])(
    'source %j is a URI reference',
    (source) => {
      expect(check({ source }).source).toBe(source);
    },
  );

  it.each([
    '',
    ' ',
    'a b',
    '/ü',
    '/%2',
    '/%zz',
    '/a\n',
    '<a>',
    'a"b',
    'a\\b',
    '{x}',
    'a|b',
    '^',
    '`',
  ])('source %j is none', (source) => {
    expect(refusalOf({ source })).toBe(
      `source ${JSON.stringify(source)} is not a URI reference (RFC 3986)`,
    );
  });

  it.each(['', 'now', '2026-02-30T00:00:00Z', '2026-01-31'])('time %j is refused', (time) => {
    expect(refusalOf({ time })).toContain('is not an RFC 3339 timestamp');
  });

  it.each(['secret//a', '../a', 'a/./b', 'a\n'])('metadata.path %j is refused', (path) => {
    expect(refusalOf({ metadata: { path } })).toContain('metadata.path');
  });

  it('metadata.path is text even where it is null', () => {
    expect(refusalOf({ metadata: { path: null } })).toBe(
      'metadata.path must be a string, not null',
    );
  });
});

describe('the namespace of an event', () => {
  it.each([undefined, '', '/', '//', 'root'])('is root where it is %j', (namespace) => {
    expect(check({ ...(namespace !== undefined && { namespace }) }).namespace).toBe('');
  });

  it.each([
    ['ns1', 'ns1/'],
    ['ns1/', 'ns1/'],
    ['/team-a/prod', 'team-a/prod/'],
  ])('has a slash at its end, as on the wire: "%s" is "%s"', (namespace, onTheWire) => {
    expect(check({ namespace }).namespace).toBe(onTheWire);
  });

  it.each(['*', 'a//b', 'a b', '../a', 'sys', 'a/root', 'é'])('cannot be "%s"', (namespace) => {
    expect(refusalOf({ namespace })).toBe(`no namespace can have the path "${namespace}"`);
  });
});

describe('the plugin info of an event', () => {
  it.each([
    ['name', ''],
    ['mount', ''],
    ['Plugin', ' (did you mean "plugin"?)'],
    ['__proto__', ''],
  ])('has no member %s', (key, advice) => {
    const plugin_info = JSON.parse(`{"plugin":"kv","${key}":"x"}`);
    expect(refusalOf({ plugin_info })).toBe(
      `unknown key "${key}" in plugin_info${advice}; it has mount_class, mount_accessor, mount_path, plugin, plugin_version, version`,
    );
  });
});

describe('a message about an event', () => {
  const long = 'x'.repeat(10_000);

  it.each([
    ['an unknown key', { [long]: 1 }],
    ['an id', { id: `${long}\n`.slice(-MAX_EVENT_ID_CHARACTERS) }],
    ['a source', { source: ` ${long}`.slice(0, MAX_EVENT_SOURCE_CHARACTERS) }],
    ['a time', { time: long }],
    ['a namespace', { namespace: long }],
    ['a path', { metadata: { path: `${long}//` } }],
    ['a metadata key', { metadata: { [long]: Number.NaN } }],
    ['a key of the plugin info', { plugin_info: { [long]: '' } }],
  ])('does not repeat the whole of %s that is long', (_what, members) => {
    expect(refusalOf(members).length).toBeLessThan(250);
  });
});
