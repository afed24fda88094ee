import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_METADATA_DEPTH } from '../../src/event/limits.ts';
import { MAX_FRAME_BYTES } from '../../src/wire/limits.ts';
import { encodeProtobuf } from '../../src/wire/protobuf.ts';
import { anEvent, anyEvent, nested } from './support/events.ts';
import { eventOf, read, SOURCE_OF_SERVER } from './support/requests.ts';
import { failureOf } from './support/result.ts';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };

describe('an event in protobuf', () => {
  it('gets from the server the time and the source, which protobuf does not carry', () => {
    const sent = anEvent({ source: '/lost', metadata: { path: 'a', n: [1, null] } });
    expect(eventOf(read(PROTOBUF, encodeProtobuf(sent)))).toStrictEqual({
      ...sent,
      source: SOURCE_OF_SERVER,
      time: '2026-01-31T23:59:59.5Z',
    });
  });

  it('is the frame of a subscription, to the byte the same when it goes out', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const frame = encodeProtobuf(event);
        expect(encodeProtobuf(eventOf(read(PROTOBUF, frame)))).toEqual(frame);
      }),
      { numRuns: 1000 },
    );
  });

  it('of no bytes is an event of the type of the URL', () => {
    const event = eventOf(read(PROTOBUF, '', 'kv/x'));
    expect(event).toMatchObject({ id: 'made-1', event_type: 'kv/x', note: '' });
    expect(failureOf(read(PROTOBUF, '')).message).toContain('has no event_type');
  });

  it('is not of one type while the URL says another', () => {
    const failure = failureOf(read(PROTOBUF, encodeProtobuf(anEvent()), 'kv/x'));
    expect(failure.message).toBe('event_type is "abc", but the URL says "kv/x"');
  });

  it('is checked like any other', () => {
    const refusals = [
      anEvent({ event_type: 'a*' }),
      anEvent({ id: 'a\nb' }),
      anEvent({ namespace: 'a//b/' }),
      anEvent({ metadata: { path: '../a' } }),
      anEvent({ metadata: { a: Number.NaN } }),
      anEvent({ metadata: { a: nested(MAX_METADATA_DEPTH, 1) } }),
      anEvent({ event_type: 'lease/issued' }),
    ].map((event) => failureOf(read(PROTOBUF, encodeProtobuf(event))).message);
    expect(refusals).toEqual([
      expect.stringContaining('has "*"'),
      expect.stringContaining('has a control character'),
      'no namespace can have the path "a//b/"',
      'metadata.path "../a" has a ".." segment',
      'metadata.a is not a finite number',
      `metadata is nested deeper than ${MAX_METADATA_DEPTH} levels`,
      'lease/issued carries metadata lease_id, modified, operation, path; the event has none',
    ]);
  });

  it('is refused as too large where no frame could carry it', () => {
    const frame = encodeProtobuf(anEvent({ note: 'n'.repeat(MAX_FRAME_BYTES) }));
    expect(failureOf(read(PROTOBUF, frame)).reason).toBe('too_large');
  });

  it('is refused as invalid where it is something else', () => {
    for (const body of ['{"event_type":"abc"}', '\x0a\x05abc', '\x00']) {
      const failure = failureOf(read(PROTOBUF, body, 'abc'));
      expect(failure.reason).toBe('invalid');
      expect(failure.message).toMatch(/^not a protobuf EventReceived: ./);
    }
  });

  it('is accepted or refused, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const result = read(PROTOBUF, bytes, 'abc');
        if (!result.ok) expect(result.failure.message).not.toMatch(/of undefined|call stack/);
      }),
      { numRuns: 2000 },
    );
  });
});
