import { env } from 'cloudflare:workers';
import type { OutgoingBatch, OutgoingEvent } from '../../../src/destination/outgoing.ts';
import type { DestinationSettings } from '../../../src/destination/settings.ts';
import type { Event } from '../../../src/event/event.ts';
import { factsOf } from '../../../src/event/facts.ts';
import { type TargetParts, targetOf } from '../../../src/push/targets/target-of.ts';
import type { DeliveredEvent, DestinationBatch } from '../../../src/wire/destination-batch.ts';
import { encodeJson } from '../../../src/wire/json.ts';

/** The Worker of `receiver.js`. */
const { RECEIVER } = env as unknown as {
  readonly RECEIVER: { received(name: string): Promise<(DestinationBatch | DeliveredEvent)[]> };
};

/** What the Worker got by its binding under the name of a destination, or from the queue of an event type. */
export function received(name: string): Promise<(DestinationBatch | DeliveredEvent)[]> {
  return RECEIVER.received(name);
}

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export function anEvent(id: string, more: Partial<Event> = {}): OutgoingEvent {
  const event: Event = {
    id,
    time: '2026-11-22T12:00:00Z',
    source: 'vault://carillon',
    event_type: 'deploy/finished',
    namespace: '',
    metadata: { path: 'secret/app' },
    entity_ids: [],
    note: '',
    ...more,
  };
  return {
    hub: '/deploy',
    sequence: 1,
    acceptedAt: 0,
    facts: factsOf(event),
    event,
    json: encodeJson(event),
  };
}

export function batchOf(destination: string, ...events: OutgoingEvent[]): OutgoingBatch {
  return { id: 'batch_1', destination, namespace: 'team-a', attempt: 2, events };
}

export function settingsWith(more: Partial<DestinationSettings>): DestinationSettings {
  return {
    pattern: '*',
    namespaces: [''],
    filter: '',
    policies: ['see'],
    target: { type: 'worker', binding: 'RECEIVER' },
    format: 'cloudevents-structured',
    batchMaxEvents: 100,
    batchMaxWaitMs: 0,
    concurrency: 1,
    maxAttempts: 20,
    maxAgeMs: 60_000,
    deadLetter: { kind: 'event' },
    ...more,
  };
}

export function aTarget(more: Partial<DestinationSettings>, parts: Partial<TargetParts> = {}) {
  const settings = settingsWith(more);
  const made = targetOf({ env, settings, secrets: [SECRET], namespace: 'team-a', ...parts });
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}
