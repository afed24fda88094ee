/**
 * Tells the values of `ROOT_TOKEN` apart, as a tag of the sockets of root. It is stored, and a root token that a user chose
 * may be weak. So it is too short to confirm a guess: of 4,096 wrong guesses, one has the same mark.
 */

import { HmacSha256 } from '../lib/hmac-sha256.ts';

const PURPOSE = new TextEncoder().encode('carillon: sockets of root');
const DIGITS = 3;

export function rootMark(rootToken: string): string {
  const [first = 0, second = 0] = new HmacSha256(new TextEncoder().encode(rootToken)).sign(PURPOSE);
  return (first * 256 + second).toString(16).padStart(4, '0').slice(0, DIGITS);
}
