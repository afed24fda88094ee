/** How an event is recognised by a hub, and how it crosses to one of release 0.2. */
import type { Event } from './event.ts';
import type { EventFacts } from './facts.ts';

/** An event as a Worker of release 0.2 sends it, and as a hub of that release takes it. */
export interface Publication {
  readonly key: string;
  readonly facts: EventFacts;
  /** The JSON frame. */
  readonly json: string;
}

/** Stands for the publisher. None is called so. */
const ORIGIN = 'origin';

/**
 * Id, publisher, Vault namespace, type and source. A second event with the same key is a duplicate.
 *
 * @param publisher the stable identity of the publisher: nobody can use up another's ids in advance
 * @param namespace the key of the event's Vault namespace: a later namespace of the same name has its own events
 */
export function eventKey(publisher: string, namespace: string, event: Event): string {
  const { id, event_type, source } = event;
  // None of them can contain a newline.
  return `${id}\n${publisher}\n${namespace}\n${event_type}\n${source}`;
}

/**
 * The key of an event that several publishers have from one origin: id, origin, Vault namespace and type. Each of them may
 * be the first to publish it, and gives it the source of the server that it heard it from.
 */
export function originKey(origin: string, namespace: string, { id, event_type }: Event): string {
  return `${id}\n${ORIGIN}\n${origin}\n${namespace}\n${event_type}`;
}

/**
 * The key of an event that this server learns of in two ways, perhaps with two types.
 *
 * @param identity beside its id
 */
export function identityKey(identity: string, namespace: string, { id }: Event): string {
  return `${id}\n${identity}\n${namespace}`;
}

/**
 * The event type in a key.
 *
 * @returns undefined if the key has none, as those of `identityKey`, or has another form
 */
export function typeInKey(key: string): string | undefined {
  const parts = key.split('\n');
  if (parts.length !== 5) return undefined;
  return parts[1] === ORIGIN ? parts[4] : parts[3];
}
