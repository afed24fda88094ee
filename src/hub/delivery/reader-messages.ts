/** Entries of a journal as messages of `carillon.v1`: events together, as many as one message takes, gaps alone. */

import { encodeEvents, encodeMessage, type PlacedFrame } from '../../wire/carillon-v1/server.ts';
import type { Encoding } from '../../wire/frame.ts';
import { MAX_EVENTS_MESSAGE_BYTES } from '../../wire/limits.ts';
import type { Cursors } from '../journal/cursors.ts';
import type { Entry } from '../journal/entry.ts';

export function messagesOf(
  entries: readonly Entry[],
  encoding: Encoding,
  cursors: Cursors,
): (string | Uint8Array)[] {
  const messages: (string | Uint8Array)[] = [];
  let events: PlacedFrame[] = [];
  let bytes = 0;
  const flush = () => {
    if (events.length > 0) messages.push(encodeEvents(events, encoding));
    events = [];
    bytes = 0;
  };
  for (const entry of entries) {
    const cursor = cursors.at(entry.sequence);
    if ('gap' in entry) {
      flush();
      messages.push(encodeMessage({ type: 'gap', reason: entry.gap, cursor }, encoding));
      continue;
    }
    const size = entry.frame.size(encoding);
    if (bytes + size > MAX_EVENTS_MESSAGE_BYTES) flush();
    events.push({ cursor, frame: entry.frame });
    bytes += size;
  }
  flush();
  return messages;
}
