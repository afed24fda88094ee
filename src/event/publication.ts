/**
 * An event on its way from the Worker to a hub. It crosses as the text that JSON subscribers get, so that the hub,
 * which is a single thread, neither builds nor encodes it.
 */
import type { Event } from './event.ts';
import { type EventFacts, factsOf } from './facts.ts';

export interface Publication {
  /** Id, publisher, Vault namespace, type and source. A second publication with the same key is a duplicate. */
  readonly key: string;
  readonly facts: EventFacts;
  /** The JSON frame. */
  readonly json: string;
}

/**
 * @param publisher the stable identity of the publisher: nobody can use up another's ids in advance
 * @param namespace the key of the event's Vault namespace: a later namespace of the same name has its own events
 */
export function publicationOf(
  publisher: string,
  namespace: string,
  event: Event,
  json: string,
): Publication {
  const { event_type, source, id } = event;
  // None of them can contain a newline.
  return {
    key: [id, publisher, namespace, event_type, source].join('\n'),
    facts: factsOf(event),
    json,
  };
}

/** The id of its event, as its key says. */
export function idOf({ key }: Publication): string {
  return key.slice(0, key.indexOf('\n'));
}
