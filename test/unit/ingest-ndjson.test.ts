import { describe, expect, it } from 'vitest';
import { encodeJson } from '../../src/wire/json.ts';
import { MAX_FRAME_BYTES, MAX_PUBLISH_EVENTS } from '../../src/wire/limits.ts';
import { anEvent } from './support/events.ts';
import { eventsOf, read } from './support/requests.ts';
import { accepted, failureOf } from './support/result.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };

function idsOf(body: string): string[] {
  return eventsOf(read(NDJSON, body, 'abc')).map(({ id }) => id);
}

describe('events in NDJSON', () => {
  it('are one on each line, in order', () => {
    expect(idsOf('{"id":"1"}\n{"id":"2"}\n{"id":"3"}\n')).toEqual(['1', '2', '3']);
  });

  it('need no newline behind the last one', () => {
    expect(idsOf('{"id":"1"}\n{"id":"2"}')).toEqual(['1', '2']);
  });

  it('may have blank lines between them', () => {
    expect(idsOf('\n\n{"id":"1"}\n \t\n{"id":"2"}\n\n')).toEqual(['1', '2']);
  });

  it('may have lines that end as on Windows', () => {
    expect(idsOf('{"id":"1"}\r\n\r\n{"id":"2"}\r\n')).toEqual(['1', '2']);
  });

  it('may have a byte order mark before them', () => {
    expect(idsOf('\ufeff{"id":"1"}\n{"id":"2"}')).toEqual(['1', '2']);
  });

  it('are not divided by what is a line separator in other places only', () => {
    const notes = eventsOf(read(NDJSON, '{"note":"a\u2028b\u2029c\u0085d"}\n', 'abc'));
    expect(notes.map(({ note }) => note)).toEqual(['a\u2028b\u2029c\u0085d']);
  });

  it('may be the frames of a subscription as they came, and go out to the byte as they are', () => {
    const frames = ['1', '2'].map((id) => encodeJson(anEvent({ id, metadata: { path: 'a<b' } })));
    expect(accepted(read(NDJSON, frames.join(''))).map(({ json }) => json)).toEqual(frames);
  });

  it.each(['', '\n', ' \n\t\n', '\r\n'])('are missing from %j', (body) => {
    expect(failureOf(read(NDJSON, body, 'abc'))).toEqual({
      reason: 'invalid',
      message: 'the request has no events',
    });
  });

  it.each([
    ['{}\n{\n{}', /^line 2: not JSON: ./],
    ['{}\n\n\r\n{"id":7}\n', /^line 4: id must be a string, not a number$/],
    ['{"id":"1"}{"id":"2"}\n', /^line 1: not JSON: ./],
    ['{"id":\n"1"}', /^line 1: not JSON: ./],
    ['{}\n[{}]', /^line 2: an event must be a JSON object, not a list$/],
    ['{}\nnull', /^line 2: an event must be a JSON object, not null$/],
    ['{}\n{"event_type":"other"}', /^line 2: event_type is "other", but the URL says "abc"$/],
    ['{}\n{"specversion":"2.0"}', /^line 2: CloudEvents specversion "2.0" is not supported/],
  ])('are refused whole, and the message says which line is wrong: %j', (body, message) => {
    const failure = failureOf(read(NDJSON, body, 'abc'));
    expect(failure.reason).toBe('invalid');
    expect(failure.message).toMatch(message);
  });

  it('are refused with the line of the one that is too large', () => {
    const failure = failureOf(read(NDJSON, `{}\n{"note":"${'n'.repeat(MAX_FRAME_BYTES)}"}`, 'abc'));
    expect(failure.reason).toBe('too_large');
    expect(failure.message).toMatch(/^line 2: the event takes/);
  });

  it('are as many as the limit, blank lines not counted, and not one more', () => {
    expect(idsOf('{}\n\n'.repeat(MAX_PUBLISH_EVENTS))).toHaveLength(MAX_PUBLISH_EVENTS);
    expect(failureOf(read(NDJSON, '{}\n'.repeat(MAX_PUBLISH_EVENTS + 1), 'abc'))).toEqual({
      reason: 'too_large',
      message: `the request has ${MAX_PUBLISH_EVENTS + 1} events, at most ${MAX_PUBLISH_EVENTS} are allowed`,
    });
  });

  it('are not bytes that are no UTF-8', () => {
    const body = new TextEncoder().encode('{}\n{"note":"?"}\n');
    body[body.indexOf(0x3f)] = 0xff;
    expect(failureOf(read(NDJSON, body, 'abc')).message).toBe('the body is not UTF-8');
  });
});
