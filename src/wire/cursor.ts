/**
 * A place in the journal of a hub, as clients hold it: opaque to them, `cc2.` and 40 characters. It names
 * the hub, the epoch of its journal, and the sequence of an event; what follows that event comes next.
 *
 * It is no secret and grants nothing: policies decide what is sent from any place. Its code, by a key of the
 * hub, keeps others from making one, for themselves or for somebody whom they want to miss events. It also
 * finds what was mistyped or cut off. All subscribers of a hub get the same cursor for a place.
 */
import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface Cursor {
  /** Hash of the name of the hub. */
  readonly hub: number;
  /** Random, made with the journal: another one is another history. 16 hexadecimal digits. */
  readonly epoch: string;
  readonly sequence: number;
}

/** As it was read from a text; whether a hub made it, `isGenuine` tells. */
export interface SignedCursor extends Cursor {
  /** 20 hexadecimal digits. */
  readonly code: string;
}

/** Bytes of a key. */
export const CURSOR_KEY_BYTES = 32;

const PREFIX = 'cc2.';
const FORM = /^cc2\.[A-Za-z0-9_-]{40}$/;
/** Without a code, as they were made before there was one. Nobody can tell who made such a cursor. */
const UNSIGNED = /^cc1\.[A-Za-z0-9_-]{32}$/;

/** Of the prefix, which is part of what the code is of, and of what follows it. */
const HUB_OFFSET = PREFIX.length;
const EPOCH_OFFSET = HUB_OFFSET + 4;
const SEQUENCE_OFFSET = EPOCH_OFFSET + 8;
const CODE_OFFSET = SEQUENCE_OFFSET + 8;
const CODE_BYTES = 10;

export function isUnsignedCursor(text: string): boolean {
  return UNSIGNED.test(text);
}

/** @param key of the hub, or of those that share its journal */
export function encodeCursor(cursor: Cursor, key: Uint8Array): string {
  const bytes = Buffer.alloc(CODE_OFFSET + CODE_BYTES);
  writePlace(bytes, cursor);
  codeOf(bytes, key).copy(bytes, CODE_OFFSET);
  return PREFIX + bytes.toString('base64url', HUB_OFFSET);
}

/** @returns undefined where the text does not have the form of one */
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

/** Whether a cursor was made with this key. */
export function isGenuine(cursor: SignedCursor, key: Uint8Array): boolean {
  const bytes = Buffer.alloc(CODE_OFFSET);
  writePlace(bytes, cursor);
  const given = Buffer.from(cursor.code, 'hex');
  const expected = codeOf(bytes, key);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function writePlace(bytes: Buffer, { hub, epoch, sequence }: Cursor): void {
  bytes.write(PREFIX, 'latin1');
  bytes.writeUInt32BE(hub, HUB_OFFSET);
  bytes.write(epoch, EPOCH_OFFSET, 'hex');
  bytes.writeBigUInt64BE(BigInt(sequence), SEQUENCE_OFFSET);
}

/** HMAC-SHA-256, cut off: of `node:crypto`, because that of `crypto.subtle` would have deliveries wait for it. */
function codeOf(bytes: Buffer, key: Uint8Array): Buffer {
  const place = bytes.subarray(0, CODE_OFFSET);
  return createHmac('sha256', key).update(place).digest().subarray(0, CODE_BYTES);
}

/** What a cursor has in the place of the name of its hub: FNV-1a, 32 bits. */
export function hubTag(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
