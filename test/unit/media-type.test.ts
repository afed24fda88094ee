import { describe, expect, it } from 'vitest';
import { ACCEPTED_MEDIA_TYPES } from '../../src/ingest/read-events.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { encodeProtobuf } from '../../src/wire/protobuf.ts';
import { anEvent } from './support/events.ts';
import { eventOf, eventsOf, read } from './support/requests.ts';
import { failureOf } from './support/result.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const CE = { 'ce-specversion': '1.0', 'ce-id': 'of-header', 'ce-source': '/h', 'ce-type': 'h' };

describe('the content type', () => {
  const frame = encodeJson(anEvent());

  it.each<[(typeof ACCEPTED_MEDIA_TYPES)[number], string | Uint8Array]>([
    ['application/json', frame],
    ['application/x-ndjson', frame],
    ['application/x-protobuf', encodeProtobuf(anEvent())],
    ['application/cloudevents+json', frame],
    ['application/cloudevents-batch+json', `[${frame}]`],
  ])('may be %s', (contentType, body) => {
    expect(ACCEPTED_MEDIA_TYPES).toContain(contentType);
    expect(eventOf(read({ 'content-type': contentType }, body)).id).toBe('e1');
  });

  it.each([
    'APPLICATION/JSON',
    ' application/json ',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json ; version=1 ; charset=utf-8',
  ])('may be spelled "%s"', (contentType) => {
    expect(eventOf(read({ 'content-type': contentType }, frame)).id).toBe('e1');
  });

  it.each([
    'text/json',
    'application/xml',
    'application/jsonp',
    'application/cloudevents+xml',
    'application/cloudevents',
    'application/vnd.api+json',
    'application/protobuf',
    'multipart/form-data; boundary=x',
    'json',
    '*/*',
  ])('is refused as %s, and the message says what to send', (contentType) => {
    const failure = failureOf(read({ 'content-type': contentType }, frame));
    expect(failure).toEqual({
      reason: 'unsupported_media_type',
      message: `content type "${contentType.split(';')[0]}" is not supported; send one of ${ACCEPTED_MEDIA_TYPES.join(', ')}`,
    });
  });

  it.each(['utf8', 'us-ascii', 'US-ASCII', '"ascii"', 'ANSI_X3.4-1968', 'cp367', 'ISO646-US'])(
    'may name the charset %s, which is UTF-8 or a part of it',
    (charset) => {
      const headers = { 'content-type': `application/json; charset=${charset}` };
      expect(eventsOf(read(headers, frame))).toHaveLength(1);
    },
  );

  it('is refused with bytes that its charset has not', () => {
    const headers = { 'content-type': 'application/json; charset=us-ascii' };
    expect(failureOf(read(headers, '{"event_type":"abc","note":"é"}'))).toEqual({
      reason: 'invalid',
      message:
        'the body has the byte 0xc3 at 28, but the charset us-ascii ends at 0x7f; send UTF-8, as charset=utf-8',
    });
  });

  it.each(['iso-8859-1', 'utf-16', '"latin1"', 'ascii-8', ''])(
    'is refused with the charset %s, because JSON is UTF-8',
    (charset) => {
      const contentType = `application/json; charset=${charset}`;
      expect(failureOf(read({ 'content-type': contentType }, frame))).toEqual({
        reason: 'unsupported_media_type',
        message: `charset "${charset.replaceAll('"', '')}" is not supported, only utf-8 and us-ascii are`,
      });
    },
  );

  it('decides how the body is read, not what the body looks like', () => {
    const read2 = (contentType: string) =>
      read({ 'content-type': contentType }, `${frame}${frame}`);
    expect(eventsOf(read2('application/x-ndjson'))).toHaveLength(2);
    expect(failureOf(read2('application/json')).message).toMatch(/^not JSON/);
    expect(failureOf(read2('application/x-protobuf')).message).toMatch(/^not a protobuf/);
    expect(failureOf(read2('application/cloudevents+json')).message).toMatch(/^not JSON/);
  });
});

describe('the content type that curl sends of everything', () => {
  it.each(['{"event_type":"abc"}', ' \r\n\t{"event_type":"abc"}', '[{"event_type":"abc"}]'])(
    'is not believed where the body is %s',
    (body) => {
      expect(eventOf(read(FORM, body)).event_type).toBe('abc');
    },
  );

  it.each(['a=b', 'event_type=abc&metadata=%7B%7D', '"a"', '%7B%22event_type%22%3A%22abc%22%7D'])(
    'is refused where the body is the form %s',
    (body) => {
      const failure = failureOf(read(FORM, body, 'abc'));
      expect(failure.reason).toBe('unsupported_media_type');
      expect(failure.message).toContain('"application/x-www-form-urlencoded" is not supported');
    },
  );

  it('is not believed where there is no body', () => {
    expect(eventOf(read(FORM, '', 'abc')).event_type).toBe('abc');
  });

  it('is not believed beside the headers of a CloudEvent either', () => {
    const event = eventOf(read({ ...CE, ...FORM }, '{"path":"a/b"}'));
    expect(event.metadata).toEqual({ path: 'a/b' });
  });

  it.each(['text/plain', 'text/plain;charset=UTF-8', 'Text/Plain'])(
    'is not believed of a fetch that sends a text: %s',
    (contentType) => {
      expect(eventOf(read({ 'content-type': contentType }, '{"id":"e1"}', 'abc')).id).toBe('e1');
      expect(failureOf(read({ 'content-type': contentType }, 'a=b', 'abc')).reason).toBe(
        'unsupported_media_type',
      );
    },
  );

  it('does not make JSON of what only begins like it', () => {
    expect(failureOf(read(FORM, '{a=b', 'abc')).message).toMatch(/^not JSON: ./);
  });
});

describe('the headers of a CloudEvent', () => {
  it.each(['application/cloudevents+xml', 'application/cloudevents+protobuf'])(
    'do not make binary mode of %s, which says that it is not',
    (contentType) => {
      const failure = failureOf(read({ ...CE, 'content-type': contentType }, '{}'));
      expect(failure.reason).toBe('unsupported_media_type');
    },
  );

  it('make a request one in binary mode, though its body is JSON', () => {
    const event = eventOf(
      read({ ...CE, 'content-type': 'application/json' }, '{"event_type":"x"}'),
    );
    expect(event).toMatchObject({ id: 'of-header', metadata: { event_type: 'x' } });
  });

  it.each(['ce-specversion', 'ce-id', 'ce-type', 'ce-source'] as const)(
    'do so even where there is only %s, lest the others are forgotten in silence',
    (name) => {
      const failure = failureOf(read({ [name]: CE[name] }, '{"event_type":"x"}'));
      expect(failure.reason).toBe('invalid');
      expect(failure.message).toMatch(/^(the CloudEvent has no|not a CloudEvent: must have)/);
    },
  );

  it('count for nothing where the content type says that the body is a CloudEvent', () => {
    const structured = { ...CE, 'content-type': 'application/cloudevents+json' };
    expect(eventOf(read(structured, encodeJson(anEvent()))).id).toBe('e1');
    const batched = { ...CE, 'content-type': 'application/cloudevents-batch+json' };
    expect(eventOf(read(batched, `[${encodeJson(anEvent())}]`)).id).toBe('e1');
  });
});
