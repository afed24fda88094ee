/** The event type in the key of an event, so that nobody has to read the event. */
import { expect, it } from 'vitest';
import { eventKey, identityKey, originKey, typeInKey } from '../../src/event/publication.ts';
import { anEvent } from './support/events.ts';

const event = anEvent({ event_type: 'kv-v2/data-write', id: 'a', source: 'vault://here' });

it('is in the key of a publisher, and of an origin', () => {
  expect(typeInKey(eventKey('token 1', 'team@x', event))).toBe('kv-v2/data-write');
  expect(typeInKey(originKey('datacenter', 'team@x', event))).toBe('kv-v2/data-write');
  expect(typeInKey(eventKey('token 1', '', event))).toBe('kv-v2/data-write');
});

it('is not in the key of an event that the server learns of in two ways', () => {
  expect(typeInKey(identityKey('upstream 0', '', event))).toBeUndefined();
});

it.each(['', '\n\n', '\n/kv\n', 'a', 'a\nb\nc\nd\ne\nf'])('is not in %j', (key) => {
  expect(typeInKey(key)).toBeUndefined();
});
