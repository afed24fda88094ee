/**
 * A cursor: a position in the journal of a hub, as clients hold it. It is opaque to them: `cc2.` and 40
 * characters. It names the hub, the epoch of its journal and the sequence of an event; the next event follows.
 *
 * A cursor is no secret and grants nothing: policies decide what is sent from any position. It ends in a code
 * made with a key of the hub, so nobody else can make a cursor, for example one that skips events for another
 * subscriber. The code also detects a cursor that was mistyped or cut off. All subscribers of a hub get the same
 * cursor for the same position.
 */
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import type { HmacSha256 } from '../lib/hmac-sha256.ts';

export interface Cursor {
  /** Hash of the name of the hub. */
  readonly hub: number;
  /** Random, made with the journal. Another epoch is another history. 16 hexadecimal digits. */
  readonly epoch: string;
  readonly sequence: number;
}

/** A cursor that was read from a text. `isGenuine` tells whether a hub made it. */
export interface SignedCursor extends Cursor {
  /** 20 hexadecimal digits. */
  readonly code: string;
}

/** Length of the key of a hub. */
export const CURSOR_KEY_BYTES = 32;

const PREFIX = 'cc2.';
const FORM = /^cc2\.[A-Za-z0-9_-]{40}$/;
/** The first version of cursors, which had no code. Nobody can tell who made such a cursor. */
const UNSIGNED = /^cc1\.[A-Za-z0-9_-]{32}$/;

/** Offsets in the bytes that the code covers. They begin with the prefix. */
const HUB_OFFSET = PREFIX.length;
const EPOCH_OFFSET = HUB_OFFSET + 4;
const SEQUENCE_OFFSET = EPOCH_OFFSET + 8;
const CODE_OFFSET = SEQUENCE_OFFSET + 8;
const CODE_BYTES = 10;

export function isUnsignedCursor(text: string): boolean {
  return UNSIGNED.test(text);
}

/** @param key the key of the hub */
export function encodeCursor(cursor: Cursor, key: HmacSha256): string {
  sign(cursor, key);
  return PREFIX + signed.toString('base64url', HUB_OFFSET);
}

/** @returns undefined if the text does not have the form of a cursor */
export function decodeCursor(text: string): SignedCursor | undefined {
  if (!FORM.test(text)) return undefined;
  const bytes = Buffer.concat([
    Buffer.from(PREFIX),
    Buffer.from(text.slice(PREFIX.length), 'base64url'),
  ]);
  const sequence = Number(bytes.readBigUInt64BE(SEQUENCE_OFFSET));
  if (!Number.isSafeInteger(sequence)) return undefined;
  return {
    hub: bytes.readUInt32BE(HUB_OFFSET),
    epoch: bytes.toString('hex', EPOCH_OFFSET, SEQUENCE_OFFSET),
    sequence,
    code: bytes.toString('hex', CODE_OFFSET, CODE_OFFSET + CODE_BYTES),
  };
}

/** Whether the cursor was made with this key. */
export function isGenuine(cursor: SignedCursor, key: HmacSha256): boolean {
  const given = Buffer.from(cursor.code, 'hex');
  sign(cursor, key);
  return given.length === CODE_BYTES && timingSafeEqual(given, signed.subarray(CODE_OFFSET));
}

/** The bytes of the last cursor that was signed. One for all, because each is read at once. */
const signed = Buffer.alloc(CODE_OFFSET + CODE_BYTES, PREFIX, 'latin1');
const view = new DataView(signed.buffer, signed.byteOffset, signed.byteLength);
/** The epoch that they have: cursors of one journal mostly follow each other. */
let signedEpoch: string | undefined;
/** What the code covers. */
const position = signed.subarray(0, CODE_OFFSET);

/** Writes a cursor into `signed`. Its code is HMAC-SHA-256, truncated. */
function sign({ hub, epoch, sequence }: Cursor, key: HmacSha256): void {
  view.setUint32(HUB_OFFSET, hub);
  if (epoch !== signedEpoch) signed.write(epoch, EPOCH_OFFSET, 'hex');
  signedEpoch = epoch;
  view.setUint32(SEQUENCE_OFFSET, Math.floor(sequence / 2 ** 32));
  view.setUint32(SEQUENCE_OFFSET + 4, sequence);
  signed.set(key.sign(position).subarray(0, CODE_BYTES), CODE_OFFSET);
}

/** The hash that stands for the name of a hub in its cursors: FNV-1a, 32 bits. */
export function hubTag(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
