import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';

/** Whether a code is the expected one. Codes are compared as texts, because other texts decode to the same bytes. */
export function equalTexts(code: string, expected: string): boolean {
  const [given, right] = [Buffer.from(code), Buffer.from(expected)];
  return given.length === right.length && timingSafeEqual(given, right);
}
