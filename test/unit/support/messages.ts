/** Messages of carillon.v1 to test with. */
import fc from 'fast-check';
import type {
  ClientMessage,
  GapReason,
  GoodbyeReason,
  ServerMessage,
} from '../../../src/wire/carillon-v1/messages.ts';
import type { FrameWithCursor } from '../../../src/wire/carillon-v1/server-codec.ts';
import { encodeCursor } from '../../../src/wire/cursor.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { encodeJson } from '../../../src/wire/json.ts';
import { anyCursor, KEY } from './cursors.ts';
import { anyEvent } from './events.ts';

export type Announcement = Exclude<ServerMessage, { type: 'events' }>;

const anyPlace = anyCursor.map((cursor) => encodeCursor(cursor, KEY));
const uint32 = fc.nat(0xffffffff);

const anyGapReason = fc.constantFrom<GapReason>(
  'unknown_event',
  'forgotten',
  'storage_lost',
  'unsigned_cursor',
  'feed_lost',
  'unreadable',
);

const anyGoodbyeReason = fc.constantFrom<GoodbyeReason>(
  'revoked',
  'unconfirmed',
  'unavailable',
  'ack_timeout',
  'lifetime',
  'protocol_error',
);

export const anyAnnouncement: fc.Arbitrary<Announcement> = fc.oneof(
  fc.record(
    {
      type: fc.constant('hello' as const),
      cursor: anyPlace,
      resumed: fc.boolean(),
      gap: fc.record({ reason: anyGapReason }, { noNullPrototype: true }),
      credit: uint32,
      ack_timeout_ms: uint32,
      heartbeats: fc.constant(true as const),
      spread_ms: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    },
    {
      requiredKeys: ['type', 'cursor', 'resumed', 'credit', 'ack_timeout_ms'],
      noNullPrototype: true,
    },
  ) as fc.Arbitrary<Announcement>,
  fc.record(
    { type: fc.constant('gap' as const), reason: anyGapReason, cursor: anyPlace },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      type: fc.constant('goodbye' as const),
      reason: anyGoodbyeReason,
      reconnect: fc.boolean(),
      after_ms: uint32,
    },
    { noNullPrototype: true },
  ),
);

export const anyPlacedFrames: fc.Arbitrary<FrameWithCursor[]> = fc.array(
  fc.tuple(anyPlace, anyEvent).map(([cursor, event]) => ({
    cursor,
    frame: new Frame(encodeJson(event)),
  })),
  { maxLength: 5 },
);

export const anyClientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({ type: fc.constant('ack' as const), cursor: anyPlace }, { noNullPrototype: true }),
  fc.record(
    { type: fc.constant('credit' as const), events: fc.integer({ min: 1, max: 10_000 }) },
    { noNullPrototype: true },
  ),
);
