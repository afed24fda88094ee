import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/event/event.ts';
import { anyMetadata } from './support/events.ts';
import { eventOf, read } from './support/requests.ts';
import { failureOf } from './support/result.ts';

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const REQUIRED = { specversion: '1.0', id: 'A234', source: '/mycontext', type: 'com.example.a' };

/** A CloudEvent with these attributes; undefined leaves one out. */
function cloudEvent(attributes: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...REQUIRED, ...attributes });
}

function publish(attributes: Record<string, unknown>, eventType?: string): Event {
  return eventOf(read(STRUCTURED, cloudEvent(attributes), eventType));
}

function refusalOf(attributes: Record<string, unknown>, eventType?: string): string {
  const failure = failureOf(read(STRUCTURED, cloudEvent(attributes), eventType));
  expect(failure.reason).toBe('invalid');
  return failure.message;
}

describe('a CloudEvent', () => {
  it('becomes an event with its id, its source and its type', () => {
    expect(publish({})).toStrictEqual({
      id: 'A234',
      time: '2026-01-31T23:59:59.5Z',
      source: '/mycontext',
      event_type: 'com.example.a',
      namespace: '',
      metadata: {},
      entity_ids: [],
      note: '',
    });
  });

  it.each([
    '2026-01-31T23:59:59.123456789+05:30',
    '2026-01-31T23:59:59.100Z',
    '2026-01-31T23:59:59-00:00',
  ])('keeps its time exactly as it is written: %s', (time) => {
    expect(publish({ time }).time).toBe(time);
  });

  it('carries the members of its data as metadata', () => {
    const data = { path: 'a/b', deep: { list: [1, null] }, data: 'd', '': true };
    expect(publish({ data }).metadata).toEqual(data);
  });

  it.each(['text', 7, true, [1, { a: 2 }]])(
    'carries data that is no object, %j, as "data"',
    (data) => {
      expect(publish({ data }).metadata).toEqual({ data });
    },
  );

  it('carries binary data as it is encoded', () => {
    expect(publish({ data_base64: 'AP8=' }).metadata).toEqual({ data_base64: 'AP8=' });
  });

  it('has its subject for a path, but never in place of that of the data', () => {
    expect(publish({ subject: 's/p' }).metadata).toEqual({ path: 's/p' });
    expect(publish({ subject: 's/p', data: [1] }).metadata).toEqual({ path: 's/p', data: [1] });
    expect(publish({ subject: 's/p', data: { path: 'own' } }).metadata).toEqual({ path: 'own' });
    expect(publish({ subject: 's/p', path: 'extension' }).metadata).toEqual({ path: 's/p' });
  });

  it.each(['https://github.com/x/y', '../p', 'bucket//object', 'a/./b', 'a\tb'])(
    'keeps a subject that can be no path as metadata: %j',
    (subject) => {
      expect(publish({ subject }).metadata).toEqual({ subject });
    },
  );

  it('keeps data whole where its path can be none', () => {
    expect(publish({ subject: 'a', data: { path: 7 } }).metadata).toEqual({
      path: 'a',
      data: { path: 7 },
    });
    expect(publish({ data: { path: '/x//y', n: 1 } }).metadata).toEqual({
      data: { path: '/x//y', n: 1 },
    });
    expect(publish({ path: 'x//y' }).metadata).toEqual({ ce_path: 'x//y' });
  });

  it.each([
    [{ source: '#frag' }],
    [{ source: 'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66' }],
    [{ source: 'mailto:cncf-wg-serverless@lists.cncf.io' }],
    [{ id: 'an id with blanks' }],
    [{ data: null }],
    [{ data: 'text', datacontenttype: 'text/plain; charset="UTF-8"' }],
    [{ data: '<much wow="xml"/>', datacontenttype: 'application/xml' }],
    [{ data_base64: 'AAH/', datacontenttype: 'application/vnd.apache.thrift.binary' }],
    [{ dataschema: 'https://example.com/schema', unsetextension: null }],
    [{ comexampleextension1withalongname: -5, b: false, t: '2018-04-05T17:31:00Z' }],
    [{ data: { event: { more: 1 }, event_type: 'x' } }],
    [{ data: { event: { id: 'other' }, event_type: 'x' } }],
  ])('is accepted as the specification has it: %j', (attributes) => {
    expect(publish(attributes)).toMatchObject({ event_type: 'com.example.a' });
  });

  it.each([
    ['2026-01-31t23:59:59z', '2026-01-31T23:59:59Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2016-12-31T18:59:60.5-05:00', '2017-01-01T00:00:00.5Z'],
    ['2026-01-31T23:59:59.1234567890123+01:30', '2026-01-31T23:59:59.123456789+01:30'],
    ['2026-01-31T23:59:59-00:00', '2026-01-31T23:59:59-00:00'],
  ])('may have the time %s, which frames carry as %s', (time, carried) => {
    expect(publish({ time }).time).toBe(carried);
  });

  it('carries its other attributes as metadata, but never in place of members of the data', () => {
    const attributes = { tenant: 'acme', urgent: 'yes', dataschema: 'https://a/schema' };
    expect(publish(attributes).metadata).toEqual(attributes);
    expect(publish({ ...attributes, data: { count: 8, dataschema: 'own' } }).metadata).toEqual({
      ...attributes,
      count: 8,
      dataschema: 'own',
    });
  });

  it('carries its other attributes as texts, as headers have them', () => {
    const metadata = { count: '-5', urgent: 'true' };
    expect(publish({ count: -5, urgent: true }).metadata).toEqual(metadata);
  });

  it('does not carry what describes the encoding of its data', () => {
    expect(publish({ datacontenttype: 'application/json', data: {} }).metadata).toEqual({});
  });

  it('carries __proto__ in its data as a key like any other', () => {
    const body = cloudEvent({ data: 0 }).replace('"data":0', '"data":{"__proto__":{"a":1}}');
    const { metadata } = eventOf(read(STRUCTURED, body));
    expect(JSON.stringify(metadata)).toBe('{"__proto__":{"a":1}}');
  });

  it.each(['subject', 'time', 'dataschema', 'datacontenttype', 'data', 'data_base64', 'tenant'])(
    'may say with null that it has no %s, as its JSON format has it',
    (attribute) => {
      expect(publish({ [attribute]: null })).toEqual(publish({}));
    },
  );
});

describe('the type of a CloudEvent', () => {
  it('is made an event type', () => {
    expect(publish({ type: 'com.example/object created' })).toMatchObject({
      event_type: 'com.example/object-created',
      metadata: { type: 'com.example/object created' },
    });
  });

  it.each(['*', '日本語', '///'])(
    'is kept as metadata where none can be made of it: %s',
    (type) => {
      expect(publish({ type })).toMatchObject({
        event_type: 'cloudevents/other',
        metadata: { type },
      });
    },
  );

  it('gives way to that of the URL, even where no event type could be made of it', () => {
    expect(publish({ type: 'a/b' }, 'kv/x').event_type).toBe('kv/x');
    expect(publish({ type: '*' }, 'kv/x').event_type).toBe('kv/x');
  });

  it('asks for the metadata of the catalog where it is in there', () => {
    expect(refusalOf({ type: 'kv-v1/delete' })).toContain('metadata lacks "modified"');
  });
});

describe('an extension attribute', () => {
  it.each(['validate', 'tostring', 'emit', 'constructor'])(
    'may be called %s, as a method of the package is',
    (name) => {
      expect(publish({ [name]: 'x' }).metadata).toEqual({ [name]: 'x' });
    },
  );
});

describe('a CloudEvent is refused', () => {
  it.each([
    [{ specversion: undefined }, 'the CloudEvent has no specversion'],
    [{ specversion: '0.3' }, 'CloudEvents specversion "0.3" is not supported, only "1.0" is'],
    [{ specversion: '1.1' }, 'CloudEvents specversion "1.1" is not supported, only "1.0" is'],
    [{ id: undefined }, 'the CloudEvent has no id'],
    [{ id: '' }, 'the CloudEvent has no id'],
    [{ id: 7 }, 'id must be a string, not a number'],
    [{ id: 'a\nb' }, 'id "a\\nb" has a control character or an unpaired surrogate'],
    [{ source: undefined }, "not a CloudEvent: must have required property 'source'"],
    [{ source: '' }, 'not a CloudEvent: source must NOT have fewer than 1 characters'],
    [{ source: 'a b' }, 'not a CloudEvent: source "a b" must match format "uri-reference"'],
    [{ source: {} }, 'not a CloudEvent: source must be string'],
    [{ type: undefined }, "not a CloudEvent: must have required property 'type'"],
    [{ type: '' }, 'not a CloudEvent: type must NOT have fewer than 1 characters'],
    [{ type: 7 }, 'not a CloudEvent: type must be string'],
    [{ time: 'yesterday' }, 'not a CloudEvent: time "yesterday" must match format "date-time"'],
    [
      { time: '2026-02-29T00:00:00Z' },
      'not a CloudEvent: time "2026-02-29T00:00:00Z" must match format "date-time"',
    ],
    [{ time: '2026-01-31T12:59:60Z' }, 'time'],
    [{ time: '' }, 'time "" is not an RFC 3339 timestamp'],
    [{ subject: '' }, 'not a CloudEvent: subject must NOT have fewer than 1 characters'],
    [{ dataschema: 'a b' }, 'not a CloudEvent: dataschema "a b" must match format "uri"'],
    [
      { my_extension: 'a' },
      'the name of attribute "my_extension" may only have lower-case letters and digits',
    ],
    [{ Tenant: 'a' }, 'the name of attribute "Tenant" may only have lower-case letters and digits'],
    [{ data: 'a', data_base64: 'AP8=' }, 'the CloudEvent has both data and data_base64'],
    [
      { ratio: 1.5 },
      'extension attribute "ratio" must be a string, a boolean or an integer, not a number',
    ],
    [
      { tenant: ['a'] },
      'extension attribute "tenant" must be a string, a boolean or an integer, not a list',
    ],
    [{ tenant: 'a\ud800' }, 'metadata.tenant has an unpaired surrogate'],
  ])('with %j: %s', (attributes, message) => {
    expect(refusalOf(attributes)).toContain(message);
  });

  it.each(['***', 'A', 'AP8', 'AP 8=', '-_8=', 'AP8=\n', 7, {}, ['AP8=']])(
    'with data_base64 %j, which is not Base64',
    (data_base64) => {
      expect(refusalOf({ data_base64 })).toContain('data_base64');
    },
  );

  it('with a mebibyte of data_base64 that is wrong at its end', () => {
    const data_base64 = `${'A'.repeat(1024 * 1024)}!`;
    expect(refusalOf({ data_base64 })).toBe('data_base64 is not Base64');
  });

  it.each([[{ toString: 1 }], [null], [['1.0']], [1]])(
    'with the specversion %j, which is no text',
    (specversion) => {
      expect(refusalOf({ specversion })).toContain('specversion');
    },
  );

  it('and nothing worse, whatever its attributes are', () => {
    const name = fc.constantFrom(
      ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'tenant', 'my_extension'],
      ...['data', 'data_base64', 'datacontenttype', 'dataschema', 'schemaurl', 'toString'],
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom({ toString: 1 }, { event: { id: { toString: 1 } }, event_type: 'a' }),
      anyMetadata,
    );
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 3 }), (attributes) => {
        const result = read(STRUCTURED, cloudEvent(attributes));
        if (!result.ok) expect(result.failure.message).not.toMatch(/of undefined|undefined is/);
      }),
      { numRuns: 1500 },
    );
  });
});
