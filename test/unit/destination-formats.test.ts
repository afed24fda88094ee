import { HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { checkFormat, defaultFormat } from '../../src/destination/format-rule.ts';
import {
  type Content,
  contentOf,
  deliveredEvent,
  type FramedEvent,
} from '../../src/destination/formats.ts';
import { FORMATS, type Format } from '../../src/destination/settings.ts';
import type { Event } from '../../src/event/event.ts';
import { readEvents } from '../../src/ingest/read-events.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { accepted, failureOf } from './support/result.ts';

const EVENT: Event = {
  id: 'evt "1" 100% ü🎉',
  time: '2026-11-22T12:00:00.123456789Z',
  source: 'vault://a/%2F?x=1',
  event_type: 'kv-v2/data-write',
  namespace: 'team-a/',
  metadata: {
    data_path: 'secret/data/x',
    operation: 'data-write',
    path: 'secret/data/<ü> "q"\u2028 🎉',
    modified: 'true',
    nested: { a: [1, null] },
  },
  entity_ids: ['e1'],
  note: 'a note',
  plugin_info: { mount_path: 'secret/' },
};
const PLAIN: Event = {
  id: 'evt_2',
  time: '2026-11-22T12:00:00Z',
  source: 'vault://a',
  event_type: 'deploy/finished',
  namespace: '',
  entity_ids: [],
  note: '',
};

function framed(event: Event): FramedEvent {
  return { event, json: encodeJson(event) };
}

const DEFAULTS = { newId: () => 'new', now: 0, source: 'vault://b', cluster: 'b', namespace: '' };

function published({ headers, body }: Content): Event[] {
  const read = accepted(readEvents(new Headers(headers), Buffer.from(body), DEFAULTS));
  return read.map(({ event }) => event);
}

describe.each(FORMATS)('what is sent in the format %s', (format) => {
  const isList = format === 'cloudevents-batch';

  it.each([
    ['with everything', EVENT],
    ['without metadata', PLAIN],
  ])('can be published unchanged, an event %s', (_, event) => {
    expect(published(contentOf([framed(event)], format, false))).toEqual([event]);
  });

  it.each([
    ['with everything', EVENT],
    ['without metadata', PLAIN],
  ])('is read by the package cloudevents, an event %s', (_, event) => {
    const { headers, body } = contentOf([framed(event)], format, false);
    const lower = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const read = HTTP.toEvent({ headers: lower, body });
    const [cloudEvent] = Array.isArray(read) ? read : [read];
    expect(Array.isArray(read)).toBe(isList);
    expect(cloudEvent?.type).toBe(format === 'vault' ? '*' : event.event_type);
    expect(cloudEvent?.data).toMatchObject({ event_type: event.event_type });
    // The package leaves percent escapes of headers as they are.
    if (format !== 'cloudevents-binary') expect(cloudEvent?.id).toBe(event.id);
  });
});

describe('several events', () => {
  it.each(['cloudevents-batch', 'vault'] as const)('are a list in the format %s', (format) => {
    const content = contentOf([framed(EVENT), framed(PLAIN)], format, true);
    expect(content.headers['Content-Type']).toBe('application/cloudevents-batch+json');
    expect(published(content)).toEqual([EVENT, PLAIN]);
  });

  it('of a destination of batches, "vault" is a list also of one event', () => {
    const { headers, body } = contentOf([framed(PLAIN)], 'vault', true);
    expect(headers).toEqual({ 'Content-Type': 'application/cloudevents-batch+json' });
    expect(JSON.parse(body)).toHaveLength(1);
  });
});

describe('an event', () => {
  it('in the format vault has the bytes that a stock subscriber gets', () => {
    expect(`${contentOf([framed(EVENT)], 'vault', false).body}\n`).toBe(encodeJson(EVENT));
  });

  it('in binary mode has its attributes in headers of printable ASCII', () => {
    const { headers, body } = contentOf([framed(EVENT)], 'cloudevents-binary', false);
    expect(headers).toEqual({
      'Content-Type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'evt%20%221%22%20100%25%20%C3%BC%F0%9F%8E%89',
      'ce-source': 'vault://a/%252F?x=1',
      'ce-type': 'kv-v2/data-write',
      'ce-subject': 'secret/data/<%C3%BC>%20%22q%22%E2%80%A8%20%F0%9F%8E%89',
      'ce-time': '2026-11-22T12:00:00.123456789Z',
    });
    expect(JSON.parse(body)).toMatchObject({ event_type: 'kv-v2/data-write' });
  });

  it('has no subject if its path is too long for a header', () => {
    const long = { ...PLAIN, metadata: { path: 'a/'.repeat(257) } };
    const { headers, body } = contentOf([framed(long)], 'cloudevents-binary', false);
    expect(headers).not.toHaveProperty('ce-subject');
    expect(body).toContain('a/a/');
    expect(deliveredEvent(framed(long), 'cloudevents-structured')).not.toHaveProperty('subject');
  });

  it('is an object for a Worker', () => {
    expect(deliveredEvent(framed(PLAIN), 'cloudevents-structured')).toEqual({
      specversion: '1.0',
      id: 'evt_2',
      source: 'vault://a',
      type: 'deploy/finished',
      time: '2026-11-22T12:00:00Z',
      datacontenttype: 'application/json',
      data: { event: { id: 'evt_2' }, event_type: 'deploy/finished' },
    });
    expect(deliveredEvent(framed(PLAIN), 'vault')).toEqual(JSON.parse(encodeJson(PLAIN)));
  });
});

describe('the format of a destination', () => {
  it.each([
    ['webhook', 'cloudevents-structured', 1],
    ['webhook', 'cloudevents-binary', 1],
    ['webhook', 'cloudevents-batch', 1],
    ['webhook', 'cloudevents-batch', 100],
    ['webhook', 'vault', 100],
    ['worker', 'cloudevents-structured', 100],
    ['worker', 'vault', 1],
    ['queue', 'cloudevents-structured', 100],
  ] as const)('%s: %s with batches of %s', (type, format, batch) => {
    accepted(checkFormat(format, type, batch));
  });

  it.each([
    ['webhook', 'cloudevents-structured', 2, 'set batch_max_events to 1, or format to one of'],
    ['webhook', 'cloudevents-binary', 2, 'has one event a request, and batch_max_events is 2'],
    ['worker', 'cloudevents-binary', 1, 'is given each event as an object'],
    ['queue', 'cloudevents-batch', 10, 'of type "queue"'],
  ] as const)('%s: not %s with batches of %s', (type, format, batch, message) => {
    expect(failureOf(checkFormat(format as Format, type, batch)).message).toContain(message);
  });

  it.each(['webhook', 'worker', 'queue'] as const)(
    'that a %s has by default is allowed',
    (type) => {
      for (const batch of [1, 2, 100])
        accepted(checkFormat(defaultFormat(type, batch), type, batch));
    },
  );
});
