import type { Event } from '../event/event.ts';
import { type EventFacts, factsOf } from '../event/facts.ts';

/**
 * An event on its way to a hub. It crosses the RPC as the text that JSON subscribers are sent, so that
 * the hub, a single thread, neither builds nor encodes it.
 */
export interface Publication {
  /** Id, publisher, namespace, type and source: a second publication with the same key is a duplicate. */
  readonly key: string;
  readonly facts: EventFacts;
  /** The JSON frame. */
  readonly json: string;
}

/**
 * @param publisher the stable identity of who publishes: nobody can claim another's ids in advance
 * @param namespace the key of the event's namespace: another of the same name has events of its own
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

/** Who publishes it, as its key says. */
export function publisherOf({ key }: Publication): string {
  const start = key.indexOf('\n') + 1;
  return key.slice(start, key.indexOf('\n', start));
}
