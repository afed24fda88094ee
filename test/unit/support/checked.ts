/** Events given to the check that every one passes. */
import { expect } from 'vitest';
import { checkEvent, type Event, type EventDefaults } from '../../../src/event/event.ts';
import { accepted, failureOf } from './result.ts';

export const DEFAULTS: EventDefaults = {
  newId: () => 'made',
  now: 1769903999500,
  source: 'vault://carillon',
  namespace: '',
};

/** Checks an event of a type that is in no catalog, with these members. */
export function check(members: Record<string, unknown>): Event {
  return accepted(checkEvent({ event_type: 'abc', ...members }, DEFAULTS));
}

/** What is said of such an event. */
export function refusalOf(members: Record<string, unknown>): string {
  const failure = failureOf(checkEvent({ event_type: 'abc', ...members }, DEFAULTS));
  expect(failure.reason).toBe('invalid');
  return failure.message;
}
