import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { hexOf } from '../lib/digest.ts';

/** The UUID namespace of ids that Carillon makes for events. */
const NAMESPACE = Buffer.from('6d3f1a5e7c0b4b3e9a54c2d8e1f07b96', 'hex');

/** A UUID of version 5 (RFC 9562, section 5.5): the same name always gives the same UUID. */
export function uuidOfName(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return hexOf(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
