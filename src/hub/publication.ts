import type { Event } from '../event/event.ts';

/**
 * An event on its way to a hub. It crosses the RPC as the text that JSON subscribers are sent, so that
 * the hub, a single thread, neither builds nor encodes it.
 */
export interface Publication {
  /** Publisher, type, source and id: a second publication with the same key is a duplicate. */
  readonly key: string;
  readonly event_type: string;
  /** The JSON frame. */
  readonly json: string;
}

/** @param publisher the stable identity of who publishes: nobody can claim another's ids in advance */
export function publicationOf(publisher: string, event: Event, json: string): Publication {
  const { event_type, source, id } = event;
  // None of them can contain a newline.
  return { key: [publisher, event_type, source, id].join('\n'), event_type, json };
}
