import { randomUUID } from 'node:crypto';
import type { JsonCase, ProtobufCase } from './cases.ts';

/**
 * The case with another UUID for its own, wherever it stands: a server drops what it has seen, and the
 * cases share one id. An id that is no UUID stays, and so do the lengths that the bytes contain.
 */
export function withFreshId<T extends JsonCase | ProtobufCase>(original: T): T {
  const { id = '' } = original.event;
  const fresh = randomUUID();
  if (id.length !== fresh.length) return original;
  const text = JSON.stringify(original).replaceAll(id, fresh).replaceAll(hex(id), hex(fresh));
  return JSON.parse(text) as T;
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
