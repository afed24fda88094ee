/** The same CloudEvent in each content mode, in the forms in which SDKs send it. */
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { eventOf, read } from './support/requests.ts';
import { failureOf } from './support/result.ts';

const REQUIRED = { specversion: '1.0', id: 'A234', source: '/mycontext', type: 'com.example.a' };

const bytesOf = (text: string) => new TextEncoder().encode(text);
const LATIN_1 = Uint8Array.of(0x63, 0xe9);
const NO_UTF_8 = Uint8Array.of(0xff, 0x00);

function binary(contentType: string | undefined, body: Uint8Array) {
  const headers = Object.entries(REQUIRED).map(([name, value]) => [`ce-${name}`, value]);
  return read(
    { ...Object.fromEntries(headers), ...(contentType && { 'content-type': contentType }) },
    body,
  );
}

function structured(contentType: string | undefined, data: Record<string, unknown>) {
  const attributes = { ...REQUIRED, datacontenttype: contentType, ...data };
  return read({ 'content-type': 'application/cloudevents+json' }, JSON.stringify(attributes));
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

describe.each([
  // The content type, the bytes of the data, the data as a JSON value if it has this form, and what the event carries.
  ['application/json', bytesOf('{"a":1}'), { a: 1 }, { a: 1 }],
  ['application/json', bytesOf('"text"'), 'text', { data: 'text' }],
  ['application/json', bytesOf('[1]'), [1], { data: [1] }],
  ['application/json; charset=us-ascii', bytesOf('{"a":1}'), { a: 1 }, { a: 1 }],
  ['application/json; charset=iso-8859-1', Uint8Array.of(0x22, 0xe9, 0x22), 'é', { data: 'é' }],
  ['application/vnd.example+json', bytesOf('{"a":1}'), { a: 1 }, { a: 1 }],
  [undefined, bytesOf('{"a":1}'), { a: 1 }, { a: 1 }],
  [undefined, bytesOf('{'), undefined, { data: '{' }],
  [undefined, NO_UTF_8, undefined, { data_base64: '/wA=' }],
  ['text/plain', bytesOf('{"a":1}'), '{"a":1}', { data: '{"a":1}' }],
  ['text/plain', bytesOf('é'), 'é', { data: 'é' }],
  ['text/plain; charset=ASCII', bytesOf('e'), 'e', { data: 'e' }],
  ['text/plain; charset=iso-8859-1', LATIN_1, 'cé', { data: 'cé' }],
  ['text/plain; charset=unknown', bytesOf('e'), undefined, { data_base64: 'ZQ==' }],
  ['text/plain', NO_UTF_8, undefined, { data_base64: '/wA=' }],
  ['application/xml', bytesOf('<a/>'), '<a/>', { data: '<a/>' }],
  ['image/svg+xml', bytesOf('<svg/>'), '<svg/>', { data: '<svg/>' }],
  ['application/x-www-form-urlencoded', bytesOf('a=b'), 'a=b', { data: 'a=b' }],
  ['application/octet-stream', bytesOf('{"a":1}'), '{"a":1}', { data_base64: 'eyJhIjoxfQ==' }],
  ['application/octet-stream', NO_UTF_8, undefined, { data_base64: '/wA=' }],
  ['application/protobuf', bytesOf('ab'), 'ab', { data_base64: 'YWI=' }],
  ['image/png', NO_UTF_8, undefined, { data_base64: '/wA=' }],
])('data of the type %s: the bytes %j', (contentType, bytes, value, carried) => {
  const isJson = contentType === undefined || contentType.includes('json');
  const metadata = { ...carried, ...(!isJson && { datacontenttype: contentType }) };

  it('is carried in binary mode', () => {
    expect(eventOf(binary(contentType, bytes)).metadata).toEqual(metadata);
  });

  it('is the same in structured mode, in Base64', () => {
    const data = { data_base64: base64(bytes) };
    expect(eventOf(structured(contentType, data)).metadata).toEqual(metadata);
  });

  it.runIf(value !== undefined)('is the same in structured mode, as a value', () => {
    expect(eventOf(structured(contentType, { data: value })).metadata).toEqual(metadata);
  });
});

describe.each([
  ['application/json', bytesOf('{'), 'not JSON'],
  ['application/json', NO_UTF_8, 'the body is not UTF-8'],
  ['text/plain; charset=US-ASCII', LATIN_1, 'has the byte 0xe9 at 1'],
])('data of the type %s: the bytes %j', (contentType, bytes, message) => {
  it('is refused in each mode', () => {
    expect(failureOf(binary(contentType, bytes)).message).toContain(message);
    const inBase64 = failureOf(structured(contentType, { data_base64: base64(bytes) }));
    expect(inBase64.message).toMatch(/^data_base64: /);
    expect(inBase64.message).toContain(message);
  });
});

/** The SDK escapes no header, so other values differ in binary mode: `%41` is read as `A`, and `ü` is no UTF-8. */
describe('a CloudEvent of the SDK', () => {
  const send = ({ headers, body }: Message) =>
    read(headers as Record<string, string>, (body ?? '') as string | Uint8Array);

  it.each([
    [{ a: 1 }, undefined],
    [{ n: 1 }, 'application/json'],
    [[1, 'ü'], 'application/vnd.example+json'],
    ['plain ☃', 'text/plain'],
    ['<a/>', 'application/xml'],
    [bytesOf('plain ☃'), 'text/plain'],
    [bytesOf('{"a":1}'), 'application/json'],
    [NO_UTF_8, 'application/octet-stream'],
    [bytesOf('text'), 'application/octet-stream'],
    ['text', 'application/octet-stream'],
    [undefined, undefined],
  ])('with the data %j of the type %s is the same event in both modes', (data, datacontenttype) => {
    const event = new CloudEvent<unknown>({
      ...REQUIRED,
      subject: 'cafe/100%',
      time: '2026-01-31T23:59:59.123Z',
      dataschema: 'https://example.com/a%20b',
      tenant: 'a "quoted" text',
      count: 5,
      urgent: true,
      data,
      ...(datacontenttype !== undefined && { datacontenttype }),
    });
    const inBinaryMode = eventOf(send(HTTP.binary(event)));
    expect(eventOf(send(HTTP.structured(event)))).toEqual(inBinaryMode);
    expect(inBinaryMode.metadata).toMatchObject({ path: 'cafe/100%', count: '5', urgent: 'true' });
  });
});
