/**
 * A place in the journal of a hub, as clients hold it: opaque to them, `cc1.` and 32 characters. It names
 * the hub, the epoch of its journal, and the sequence of an event; what follows that event comes next.
 *
 * It is no secret and grants nothing: policies decide what is sent from any place. The checksum finds
 * what was mistyped, cut off or made up, before anybody is asked.
 */

export interface Cursor {
  /** Hash of the name of the hub. */
  readonly hub: number;
  /** Random, made with the journal: another one is another history. 16 hexadecimal digits. */
  readonly epoch: string;
  readonly sequence: number;
}

const PREFIX = 'cc1.';
const BYTES = 24;
const EPOCH_OFFSET = 4;
const SEQUENCE_OFFSET = 12;
const CHECKSUM_OFFSET = 20;
const FORM = /^cc1\.[A-Za-z0-9_-]{32}$/;

/** Whether a text says of itself that it is a cursor. */
export function isCursor(text: string): boolean {
  return text.startsWith(PREFIX);
}

export function encodeCursor({ hub, epoch, sequence }: Cursor): string {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, hub);
  view.setBigUint64(EPOCH_OFFSET, BigInt(`0x${epoch}`));
  view.setBigUint64(SEQUENCE_OFFSET, BigInt(sequence));
  view.setUint32(CHECKSUM_OFFSET, checksumOf(bytes.subarray(0, CHECKSUM_OFFSET)));
  const base64 = btoa(String.fromCharCode(...bytes));
  return PREFIX + base64.replaceAll('+', '-').replaceAll('/', '_');
}

/** @returns undefined where the text is none that `encodeCursor` made */
export function decodeCursor(text: string): Cursor | undefined {
  if (!FORM.test(text)) return undefined;
  const base64 = text.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  if (view.getUint32(CHECKSUM_OFFSET) !== checksumOf(bytes.subarray(0, CHECKSUM_OFFSET))) {
    return undefined;
  }
  const sequence = Number(view.getBigUint64(SEQUENCE_OFFSET));
  if (!Number.isSafeInteger(sequence)) return undefined;
  return {
    hub: view.getUint32(0),
    epoch: view.getBigUint64(EPOCH_OFFSET).toString(16).padStart(16, '0'),
    sequence,
  };
}

/** What a cursor has in the place of the name of its hub. */
export function hubTag(name: string): number {
  return checksumOf(new TextEncoder().encode(name));
}

/** FNV-1a, 32 bits. */
function checksumOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
