/** Encodes entries of the journal as messages of `carillon.v1`: several events in a message, each gap in its own. */

import {
  encodeServerEvents,
  encodeServerMessage,
  type FrameWithCursor,
} from '../../wire/carillon-v1/server-codec.ts';
import type { Encoding } from '../../wire/frame.ts';
import { MAX_EVENTS_MESSAGE_BYTES } from '../../wire/limits.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { JournalEntry } from '../journal/record.ts';

export function encodeEntries(
  entries: readonly JournalEntry[],
  encoding: Encoding,
  cursors: CursorCodec,
): (string | Uint8Array)[] {
  const messages: (string | Uint8Array)[] = [];
  let events: FrameWithCursor[] = [];
  let bytes = 0;
  const flush = () => {
    if (events.length > 0) messages.push(encodeServerEvents(events, encoding));
    events = [];
    bytes = 0;
  };
  for (const entry of entries) {
    const cursor = cursors.encode(entry.sequence);
    if ('gap' in entry) {
      flush();
      messages.push(encodeServerMessage({ type: 'gap', reason: entry.gap, cursor }, encoding));
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
