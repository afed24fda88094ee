import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_METADATA_DEPTH } from '../../src/event/limits.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { MAX_FRAME_BYTES, MAX_PUBLISH_EVENTS } from '../../src/wire/limits.ts';
import { anyEvent, nested } from './support/events.ts';
import { eventOf, eventsOf, read, SOURCE_OF_SERVER } from './support/requests.ts';
import { accepted, failureOf } from './support/result.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('a request without a content type', () => {
  it.each([
    ['null', 'what `vault write -force` sends'],
    ['', 'no body'],
    ['{}', 'an empty object'],
    [' \r\n\t', 'blanks'],
    ['\ufeff', 'a byte order mark'],
  ])('with the body %j is an event of the type of the URL: %s', (body) => {
    expect(eventOf(read({}, body, 'kv/x'))).toStrictEqual({
      id: 'made-1',
      time: '2026-01-31T23:59:59.5Z',
      source: SOURCE_OF_SERVER,
      event_type: 'kv/x',
      namespace: '',
      entity_ids: [],
      note: '',
    });
  });

  it('is JSON, as Vault has always sent it', () => {
    const event = eventOf(read({}, '{"event_type":"a","metadata":{"path":"p"}}'));
    expect(event.metadata).toEqual({ path: 'p' });
  });

  it('needs a type in the URL where the body has none', () => {
    for (const body of ['', 'null', '{}']) {
      expect(failureOf(read({}, body))).toEqual({
        reason: 'invalid',
        message:
          'the event has no event_type, and the URL names none either; name it in the URL: /v1/sys/events/publish/deploy/finished',
      });
    }
  });
});

describe('one event in JSON', () => {
  it.each(['7', '"abc"', 'true'])('is not the JSON value %s', (body) => {
    expect(failureOf(read(JSON_TYPE, body, 'abc')).message).toMatch(
      /^an event must be a JSON object, not a (number|string|boolean)$/,
    );
  });

  it.each([
    '{',
    '{"event_type":"a"',
    "{'event_type':'a'}",
    '{"event_type":"a"}}',
    'a=b',
    'undefined',
  ])('is not %s, which is no JSON', (body) => {
    const failure = failureOf(read(JSON_TYPE, body, 'abc'));
    expect(failure.reason).toBe('invalid');
    expect(failure.message).toMatch(/^not JSON: ./);
  });

  it.each([[[0xff]], [[0x22, 0xc3, 0x22]], [[0xed, 0xa0, 0x80]], [[0xc0, 0xaf]]])(
    'is not the bytes %j, which are no UTF-8',
    (bytes) => {
      expect(failureOf(read(JSON_TYPE, Uint8Array.from(bytes), 'abc'))).toEqual({
        reason: 'invalid',
        message: 'the body is not UTF-8',
      });
    },
  );

  it('may begin with a byte order mark', () => {
    expect(eventOf(read(JSON_TYPE, '\ufeff{"event_type":"a"}')).event_type).toBe('a');
  });

  it('is refused where a number is too large for one', () => {
    const body = '{"event_type":"a","metadata":{"n":1e400}}';
    expect(failureOf(read(JSON_TYPE, body)).message).toBe('metadata.n is not a finite number');
  });

  it('is refused where an escape is half of a surrogate pair', () => {
    const body = '{"event_type":"a","metadata":{"n":"\\ud83d"}}';
    expect(failureOf(read(JSON_TYPE, body)).message).toBe('metadata.n has an unpaired surrogate');
  });

  it('is refused, not followed to the bottom, where it is nested without measure', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    for (const member of ['metadata', 'id', 'note', 'plugin_info', 'specversion', 'unknown']) {
      expect(failureOf(read(JSON_TYPE, `{"${member}":${deep}}`, 'abc')).reason).toBe('invalid');
    }
    expect(failureOf(read(JSON_TYPE, `{"metadata":{"a":${deep}}}`, 'abc')).message).toContain(
      `deeper than ${MAX_METADATA_DEPTH} levels`,
    );
  });

  it('comes out nested as deep as is allowed', () => {
    const metadata = { a: nested(MAX_METADATA_DEPTH - 1, 'x') };
    const body = JSON.stringify({ event_type: 'a', metadata });
    expect(eventOf(read(JSON_TYPE, body)).metadata).toEqual(metadata);
  });

  it('is refused as too large where no frame could carry it', () => {
    const body = JSON.stringify({ event_type: 'a', note: 'n'.repeat(MAX_FRAME_BYTES) });
    const failure = failureOf(read(JSON_TYPE, body));
    expect(failure.reason).toBe('too_large');
    expect(failure.message).toContain(`at most ${MAX_FRAME_BYTES}`);
  });

  it('comes with its JSON frame', () => {
    const [first] = accepted(read(JSON_TYPE, '{"event_type":"a","metadata":{"b":1,"a":2}}'));
    expect(first?.json).toBe(first && encodeJson(first.event));
  });
});

describe('a list of events in JSON', () => {
  const listOf = (count: number) => `[${Array(count).fill('{"event_type":"a"}').join()}]`;

  it('is read in order, and every event without an id gets one of its own', () => {
    const body = '[{"event_type":"a"},{"event_type":"b","id":"given"},{"event_type":"a"}]';
    const events = eventsOf(read(JSON_TYPE, body));
    expect(events.map(({ event_type, id }) => `${event_type} ${id}`)).toEqual([
      'a made-1',
      'b given',
      'a made-2',
    ]);
  });

  it('may repeat an event: what a duplicate is, is for the hub to say', () => {
    const event = '{"event_type":"a","id":"1"}';
    expect(eventsOf(read(JSON_TYPE, `[${event},${event}]`))).toHaveLength(2);
  });

  it.each([
    ['[{"event_type":"a"},null]', 'event[1]: an event must be a JSON object, not null'],
    ['[[{"event_type":"a"}]]', 'event[0]: an event must be a JSON object, not a list'],
    [
      '[{"event_type":"a"},{"event_type":"a"},{"event_type":"a*"}]',
      'event[2]: event type "a*": segment "a*" has "*"; allowed are letters, digits, ".", "_" and "-"',
    ],
    ['[{"event_type":"a"},{"event_type":"a","x":1}]', 'event[1]: unknown key "x"'],
  ])('is refused whole, and the message says which event is wrong: %s', (body, message) => {
    const failure = failureOf(read(JSON_TYPE, body));
    expect(failure.reason).toBe('invalid');
    expect(failure.message.startsWith(message), failure.message).toBe(true);
  });

  it('says which event is too large', () => {
    const note = 'n'.repeat(MAX_FRAME_BYTES);
    const failure = failureOf(read(JSON_TYPE, JSON.stringify([{}, { note }]), 'abc'));
    expect(failure.reason).toBe('too_large');
    expect(failure.message).toMatch(/^event\[1\]: the event takes \d+ bytes in JSON/);
  });

  it('has at least one event', () => {
    expect(failureOf(read(JSON_TYPE, '[]', 'abc'))).toEqual({
      reason: 'invalid',
      message: 'the request has no events',
    });
  });

  it('has as many events as the limit, and not one more', () => {
    expect(eventsOf(read(JSON_TYPE, listOf(MAX_PUBLISH_EVENTS)))).toHaveLength(MAX_PUBLISH_EVENTS);
    expect(failureOf(read(JSON_TYPE, listOf(MAX_PUBLISH_EVENTS + 1)))).toEqual({
      reason: 'too_large',
      message: `the request has ${MAX_PUBLISH_EVENTS + 1} events, at most ${MAX_PUBLISH_EVENTS} are allowed`,
    });
  });

  it('is counted before its events are looked at', () => {
    const body = `[${Array(MAX_PUBLISH_EVENTS + 1)
      .fill('0')
      .join()}]`;
    expect(failureOf(read(JSON_TYPE, body)).reason).toBe('too_large');
  });
});

describe('a frame of a subscription, published again', () => {
  it('comes out to the byte as it went in', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const frame = encodeJson(event);
        const [again] = accepted(read(JSON_TYPE, frame));
        expect(again?.json).toBe(frame);
      }),
      { numRuns: 1000 },
    );
  });

  it('may stand in a list among plain events', () => {
    const frame = encodeJson({
      id: 'f',
      time: '2023-09-12T15:19:49.394915821-07:00',
      source: 'vault://other',
      event_type: 'x/y',
      namespace: '',
      entity_ids: [],
      note: '',
    });
    const [plain, again] = accepted(read(JSON_TYPE, `[{"event_type":"a"},${frame}]`));
    expect(plain?.event.event_type).toBe('a');
    expect(again?.json).toBe(frame);
  });
});
