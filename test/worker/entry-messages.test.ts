import { expect, it } from 'vitest';
import { encodeEntries } from '../../src/hub/delivery/entry-messages.ts';
import type { CursorCodec } from '../../src/hub/journal/cursor-codec.ts';
import { EventEntry, type JournalEntry } from '../../src/hub/journal/record.ts';
import { Frame } from '../../src/wire/frame.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { anEvent } from '../unit/support/events.ts';

const cursors = { encode: (sequence: number) => `cc2.${sequence}` } as CursorCodec;

function entry(sequence: number, path: string): JournalEntry {
  const event = anEvent({ metadata: { path } });
  return new EventEntry(sequence, new Frame(encodeJson(event)));
}

it.each(['json', 'protobuf'] as const)('messages in %s are counted in bytes', (encoding) => {
  const entries: JournalEntry[] = [
    entry(1, 'secret/a'),
    entry(2, 'ü'.repeat(300)),
    { sequence: 3, gap: 'feed_lost', hub: undefined },
    ...Array.from({ length: 100 }, (_, i) => entry(4 + i, '日本'.repeat(500))),
  ];
  const { messages, bytes } = encodeEntries(entries, encoding, cursors, false);
  expect(messages.length).toBeGreaterThan(3);
  const sizes = messages.map((message) =>
    typeof message === 'string' ? new TextEncoder().encode(message).length : message.length,
  );
  expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
});
