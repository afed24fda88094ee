import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/event/event.ts';
import { eventOf, read } from './support/requests.ts';
import { failureOf } from './support/result.ts';

const REQUIRED = {
  'ce-specversion': '1.0',
  'ce-id': 'A234',
  'ce-source': '/mycontext',
  'ce-type': 'com.example.a',
};

function publish(headers: Record<string, string>, body: string | Uint8Array = ''): Event {
  return eventOf(read({ ...REQUIRED, ...headers }, body));
}

function refusalOf(headers: Record<string, string>, body: string | Uint8Array = ''): string {
  const failure = failureOf(read({ ...REQUIRED, ...headers }, body));
  expect(failure.reason).toBe('invalid');
  return failure.message;
}

describe('a CloudEvent in binary mode', () => {
  it('has its attributes in headers and may have no data', () => {
    expect(publish({ 'Ce-Time': '2026-01-31T23:59:59.123456789+05:30' })).toStrictEqual({
      id: 'A234',
      time: '2026-01-31T23:59:59.123456789+05:30',
      source: '/mycontext',
      event_type: 'com.example.a',
      namespace: '',
      metadata: {},
      entity_ids: [],
      note: '',
    });
  });

  it('has an event type in the URL, where there is one', () => {
    expect(eventOf(read(REQUIRED, '{"a":1}', 'kv/x'))).toMatchObject({
      event_type: 'kv/x',
      metadata: { a: 1 },
    });
  });

  it('carries the subject and the extensions as metadata, but never in place of the data', () => {
    const headers = { 'ce-subject': 's/p', 'ce-tenant': 'acme' };
    expect(publish(headers).metadata).toEqual({ path: 's/p', tenant: 'acme' });
    expect(publish(headers, '{"path":"own","tenant":7}').metadata).toEqual({
      path: 'own',
      tenant: 7,
    });
  });

  it('is what Vault sent where its data is', () => {
    const data = { event: { id: 'A234', metadata: { path: 'a' } }, event_type: 'x/y' };
    expect(publish({}, JSON.stringify(data))).toMatchObject({
      event_type: 'x/y',
      metadata: { path: 'a' },
    });
  });

  it.each([
    [{ 'ce-specversion': '0.3' }, 'specversion "0.3" is not supported'],
    [{ 'ce-id': '' }, 'the CloudEvent has no id'],
    [{ 'ce-source': '' }, 'source must NOT have fewer than 1 characters'],
    [{ 'ce-type': '' }, 'type must NOT have fewer than 1 characters'],
    [{ 'ce-time': '2026-01-31' }, 'time "2026-01-31" must match format "date-time"'],
    [
      { 'ce-my_extension': 'a' },
      'the name of attribute "my_extension" may only have lower-case letters and digits',
    ],
    [
      { 'ce-__proto__': 'a' },
      'the name of attribute "__proto__" may only have lower-case letters and digits',
    ],
    [{ 'ce-': 'a' }, 'the name of attribute "" may only have lower-case letters and digits'],
  ])('is refused with %j: %s', (headers, message) => {
    expect(refusalOf(headers)).toContain(message);
  });

  it.each(['ce-data', 'ce-data_base64'])(
    'is refused with the header %s, because its data is the body',
    (name) => {
      expect(refusalOf({ [name]: 'x*' })).toContain('data');
    },
  );
});

describe('the data of a CloudEvent in binary mode', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'text/json',
    'application/vnd.example+json',
  ])('is JSON as %s', (contentType) => {
    expect(publish({ 'content-type': contentType }, '{"path":"a"}').metadata).toEqual({
      path: 'a',
    });
  });

  it('is JSON without a content type', () => {
    expect(publish({}, '[1]').metadata).toEqual({ data: [1] });
  });

  it.each(['{', 'a=b', ' '])('is refused as JSON where it is %j', (body) => {
    expect(refusalOf({ 'content-type': 'application/json' }, body)).toMatch(/^not JSON: ./);
  });

  it('is refused as JSON where it is no UTF-8', () => {
    const body = Uint8Array.of(0x22, 0xff, 0x22);
    expect(refusalOf({ 'content-type': 'application/json' }, body)).toBe('the body is not UTF-8');
  });

  it.each(['text/plain', 'application/xml', 'application/x-yaml'])(
    'is text as %s, even where it looks like JSON',
    (contentType) => {
      expect(publish({ 'content-type': contentType }, '{"a":1}').metadata).toEqual({
        data: '{"a":1}',
        datacontenttype: contentType,
      });
    },
  );

  it('is Base64 where it is no text', () => {
    const body = Uint8Array.of(0xff, 0xfe, 0x00);
    expect(publish({ 'content-type': 'application/octet-stream' }, body).metadata).toEqual({
      data_base64: '//4A',
      datacontenttype: 'application/octet-stream',
    });
  });
});

describe('the header of a CloudEvents attribute', () => {
  it.each([
    ['a%20b', 'a b'],
    ['%C3%BC%E2%86%92%F0%9F%98%80', 'ü→😀'],
    ['%c3%bc', 'ü'],
    ['%2525', '%25'],
    ['a+b', 'a+b'],
    ['%22quoted%22', '"quoted"'],
    ['100%', '100%'],
    ['%zz%20', '%zz '],
    ['"', '"'],
  ])('is percent-decoded once: %s is %s', (header, text) => {
    expect(publish({ 'ce-tenant': header }).metadata).toEqual({ tenant: text });
  });

  it.each([
    ['"a b"', 'a b'],
    ['"a \\"b\\" \\\\c"', 'a "b" \\c'],
    ['"%C3%BC"', 'ü'],
  ])('may be a quoted string: %s is %s', (header, text) => {
    expect(publish({ 'ce-tenant': header }).metadata).toEqual({ tenant: text });
  });

  it('may say the character that takes the place of bytes that are no UTF-8', () => {
    expect(publish({ 'ce-tenant': '%EF%BF%BD' }).metadata).toEqual({ tenant: '\ufffd' });
  });

  it.each(['%C0%A0', '%FF', '%ED%A0%80', 'a%C3'])(
    'is refused where %s decodes to bytes that are not UTF-8',
    (header) => {
      expect(refusalOf({ 'ce-tenant': header })).toBe(
        'the header ce-tenant decodes to bytes that are not UTF-8; send the value in UTF-8, percent-encoded: "caf%C3%A9"',
      );
    },
  );
});

describe('the data of a CloudEvent in binary mode', () => {
  it.each([
    [
      { 'content-type': 'text/plain; charset=iso-8859-1' },
      Uint8Array.of(0xe9),
      { data: 'é', datacontenttype: 'text/plain; charset=iso-8859-1' },
    ],
    [
      { 'content-type': 'text/xml; charset=UTF-8' },
      '<a/>',
      { data: '<a/>', datacontenttype: 'text/xml; charset=UTF-8' },
    ],
    [{ 'content-type': 'Application/JSON; charset="UTF-8"' }, '{"a":1}', { a: 1 }],
    [{}, 'no JSON', { data: 'no JSON' }],
    [{}, Uint8Array.of(0xff), { data_base64: '/w==' }],
  ])('with %j is kept whatever its charset', (headers, body, metadata) => {
    expect(publish(headers, body).metadata).toEqual(metadata);
  });

  it('may come with a subject that can be no path', () => {
    expect(publish({ 'ce-subject': 'a%2F%2e%2e%2Fb' }).metadata).toEqual({ subject: 'a/../b' });
    expect(publish({ 'ce-subject': '"Euro%20%E2%82%AC//"' }).metadata).toEqual({
      subject: 'Euro €//',
    });
  });
});

it.each([
  ['urn:a%20b', 'urn:a%20b'],
  ['urn:a%2520b', 'urn:a%20b'],
  ['urn:%C3%A9', 'urn:%C3%A9'],
])('reads the source %s as %s, also of an SDK that escapes no "%%"', (sent, source) => {
  expect(publish({ 'ce-source': sent }).source).toBe(source);
});

describe('binary mode', () => {
  const headers = { 'content-type': 'application/json', accept: '*/*', 'x-vault-token': 'a' };

  it.each(['cd-x', 'ce', 'cea-x', 'cf-ray', 'x-ce-id'])('is not meant by the header %s', (name) => {
    const event = eventOf(read({ ...headers, [name]: '1' }, '{"id":"1"}', 'abc'));
    expect(event.id).toBe('1');
  });

  it.each(['ce-', 'ce-a', 'Ce-Id', 'ce-zzz'])('is meant by the header %s alone', (name) => {
    const failure = failureOf(read({ ...headers, 'cf-ray': '1', [name]: '1' }, '{"id":"1"}'));
    expect(failure.message).toBe('the CloudEvent has no specversion');
  });
});
