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
import type { Messages } from './send.ts';

/** @param asksForAck whether the client should acknowledge the events as soon as it has processed them */
export function encodeEntries(
  entries: readonly JournalEntry[],
  encoding: Encoding,
  cursors: CursorCodec,
  asksForAck: boolean,
): Messages {
  const messages: (string | Uint8Array)[] = [];
  let bytes = 0;
  let events: FrameWithCursor[] = [];
  let frameBytes = 0;
  const add = (message: string | Uint8Array) => {
    messages.push(message);
    bytes += message.length;
  };
  const flush = () => {
    if (events.length > 0) add(encodeServerEvents(events, encoding, asksForAck));
    events = [];
    frameBytes = 0;
  };
  for (const entry of entries) {
    const cursor = cursors.encode(entry.sequence);
    if ('gap' in entry) {
      flush();
      add(encodeServerMessage({ type: 'gap', reason: entry.gap, cursor }, encoding));
      continue;
    }
    const size = entry.frame.size(encoding);
    if (frameBytes + size > MAX_EVENTS_MESSAGE_BYTES) flush();
    events.push({ cursor, frame: entry.frame });
    frameBytes += size;
    // A message is ASCII apart from its frames, so this makes its characters bytes.
    if (encoding === 'json') bytes += size - entry.frame.json.length;
  }
  flush();
  return { messages, bytes };
}
