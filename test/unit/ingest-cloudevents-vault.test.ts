import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/event/event.ts';
import { eventOf, read } from './support/requests.ts';
import { failureOf } from './support/result.ts';

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };

const EVENT = { id: 'e1', metadata: { path: 'a' }, entity_ids: ['x'], note: 'n' };
const PLUGIN_INFO = { mount_class: 'secret', plugin: 'kv' };

/** A CloudEvent as Vault sends them, with this data. */
function frame(data: unknown): string {
  const time = '2023-09-12T15:19:49.394915821-07:00';
  return JSON.stringify({
    specversion: '1.0',
    id: 'e1',
    source: 'vault://c',
    type: '*',
    time,
    data,
  });
}

function publish(data: unknown, eventType?: string): Event {
  return eventOf(read(STRUCTURED, frame(data), eventType));
}

function refusalOf(data: unknown, eventType?: string): string {
  return failureOf(read(STRUCTURED, frame(data), eventType)).message;
}

describe('a CloudEvent with the data of Vault', () => {
  it('comes out as it went in', () => {
    expect(publish({ event: EVENT, event_type: 'x/y', plugin_info: PLUGIN_INFO })).toStrictEqual({
      ...EVENT,
      time: '2023-09-12T15:19:49.394915821-07:00',
      source: 'vault://c',
      event_type: 'x/y',
      namespace: '',
      plugin_info: PLUGIN_INFO,
    });
  });

  it('has its event type in the data, not in its type', () => {
    expect(publish({ event: EVENT, event_type: 'x/y' }, 'x/y').event_type).toBe('x/y');
    expect(refusalOf({ event: EVENT, event_type: 'x/y' }, 'a/b')).toBe(
      'event_type is "x/y", but the URL says "a/b"',
    );
  });

  it('has its source and its time in its attributes, and may not say otherwise in the data', () => {
    expect(publish({ event: {}, event_type: 'x' })).toMatchObject({
      source: 'vault://c',
      time: '2023-09-12T15:19:49.394915821-07:00',
    });
    expect(refusalOf({ event: { source: '/other' }, event_type: 'x' })).toBe(
      'unknown key "source" in data.event; it has id, metadata, entity_ids, note',
    );
    expect(refusalOf({ event: {}, event_type: 'x', time: '2001-01-01T00:00:00Z' })).toBe(
      'unknown key "time" in data; it has namespace, event_type, plugin_info',
    );
  });

  it('has one metadata: that beside it in the data is refused, not taken for it', () => {
    expect(refusalOf({ event: EVENT, event_type: 'x', metadata: { path: 'other' } })).toContain(
      'unknown key "metadata" in data',
    );
  });

  it('need not repeat its id in the data', () => {
    expect(publish({ event: {}, event_type: 'x/y' }).id).toBe('e1');
    expect(publish({ event: { id: null }, event_type: 'x/y' }).id).toBe('e1');
  });

  it.each([['e2'], [''], [7], [['e1']], [{ toString: 1 }]])(
    'is refused where data.event.id is %j, not its id',
    (id) => {
      expect(refusalOf({ event: { ...EVENT, id }, event_type: 'x/y' })).toMatch(
        /^id is "e1", but data\.event\.id is /,
      );
    },
  );

  it('is refused with members that an event does not have', () => {
    expect(refusalOf({ event: { ...EVENT, extra: 1 }, event_type: 'x' })).toContain('"extra"');
    expect(refusalOf({ event: EVENT, event_type: 'x', timestamp: 1 })).toContain('"timestamp"');
  });

  it('is checked like any other event', () => {
    const withPath = (path: string) => ({ event: { metadata: { path } }, event_type: 'x' });
    expect(refusalOf(withPath('a//b'))).toContain('empty segment');
    expect(refusalOf({ event: EVENT, event_type: 'x', namespace: 'a//b' })).toContain('"a//b"');
    expect(refusalOf({ event: EVENT, event_type: '*' })).toContain('"*"');
    expect(refusalOf({ event: EVENT, event_type: 7 })).toContain('event_type must be a string');
  });

  it('is not one whose data only resembles it', () => {
    const data = { event: 'created', event_type: 'x' };
    expect(publish(data, 'a').metadata).toEqual({ ...data, type: '*' });
    expect(publish({ event: { id: 'z' } }, 'a').metadata).toEqual({
      event: { id: 'z' },
      type: '*',
    });
  });
});
