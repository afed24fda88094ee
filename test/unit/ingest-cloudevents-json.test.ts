import { describe, expect, it } from 'vitest';
import { MAX_PUBLISH_EVENTS } from '../../src/wire/limits.ts';
import { eventOf, eventsOf, read } from './support/requests.ts';
import { accepted, failureOf } from './support/result.ts';

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const BATCHED = { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' };
const REQUIRED = { specversion: '1.0', id: 'A234', source: '/mycontext', type: 'com.example.a' };

/** A CloudEvent with these attributes; undefined leaves one out. */
function cloudEvent(attributes: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...REQUIRED, ...attributes });
}

describe('a structured CloudEvent', () => {
  it.each([
    ['null', 'a CloudEvent must be a JSON object, not null'],
    ['"1.0"', 'a CloudEvent must be a JSON object, not a string'],
    ['{}', 'the CloudEvent has no specversion'],
    ['{"event_type":"abc"}', 'the CloudEvent has no specversion'],
    ['', 'not JSON: '],
    ['{"specversion":"1.0",}', 'not JSON: '],
  ])('is not the body %s', (body, message) => {
    const failure = failureOf(read(STRUCTURED, body, 'abc'));
    expect(failure.reason).toBe('invalid');
    expect(failure.message).toContain(message);
  });

  it('is not bytes that are no UTF-8', () => {
    const failure = failureOf(read(STRUCTURED, Uint8Array.of(0x7b, 0xff, 0x7d)));
    expect(failure.message).toBe('the body is not UTF-8');
  });

  it('is known in application/json and NDJSON by its specversion', () => {
    for (const contentType of ['application/json', 'application/x-ndjson']) {
      const event = eventOf(read({ 'content-type': contentType }, cloudEvent({ subject: 's' })));
      expect(event).toMatchObject({ id: 'A234', metadata: { path: 's' } });
    }
  });
});

describe('a batch of CloudEvents', () => {
  const batchOf = (...attributes: Record<string, unknown>[]) =>
    `[${attributes.map((each) => cloudEvent(each)).join()}]`;

  it('is read in order', () => {
    const events = eventsOf(
      read(BATCHED, batchOf({ id: '1', type: 'a' }, { id: '2', type: 'b/c' })),
    );
    expect(events.map(({ id, event_type }) => `${id} ${event_type}`)).toEqual(['1 a', '2 b/c']);
  });

  it.each([
    [batchOf({}, { id: '2' }, { id: undefined }), 'event[2]: the CloudEvent has no id'],
    [batchOf({}, { specversion: '0.3' }), 'event[1]: CloudEvents specversion "0.3" is not'],
    ['[{"event_type":"abc"}]', 'event[0]: the CloudEvent has no specversion'],
    [`[${batchOf({})}]`, 'event[0]: a CloudEvent must be a JSON object, not a list'],
    ['[null]', 'event[0]: a CloudEvent must be a JSON object, not null'],
    [cloudEvent(), 'a CloudEvents batch must be a list, not an object'],
    ['null', 'a CloudEvents batch must be a list, not null'],
    ['[', 'not JSON: '],
  ])('is refused whole, and the message says which is wrong: %s', (body, message) => {
    const failure = failureOf(read(BATCHED, body));
    expect(failure.reason).toBe('invalid');
    expect(failure.message).toContain(message);
  });

  it('has as many CloudEvents as the limit, and not one more', () => {
    const full = Array(MAX_PUBLISH_EVENTS).fill({});
    expect(accepted(read(BATCHED, batchOf(...full)))).toHaveLength(MAX_PUBLISH_EVENTS);
    expect(failureOf(read(BATCHED, batchOf(...full, {}))).reason).toBe('too_large');
  });
});
