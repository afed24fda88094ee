/**
 * Fingerprints of keys: HalfSipHash-2-4 (Aumasson and Bernstein) of their UTF-16 units, little-endian. The key of the hash
 * is random and secret, so nobody can choose keys of events whose fingerprints collide.
 */

/** The key of the hash: two numbers of 32 bits. */
export type FingerprintKey = readonly [number, number];

/** Writes the fingerprint of `text` between two units to `target`, from an index on. */
export type WriteFingerprint = (
  text: string,
  from: number,
  to: number,
  target: Uint32Array,
  at: number,
) => void;

/** The numbers of a fingerprint: 64 bits of the key, and 32 bits of the id with which it begins. */
export const FINGERPRINT_WORDS = 3;
export const FINGERPRINT_BYTES = 4 * FINGERPRINT_WORDS;
export const ID_WORD = 2;

const UPDATE_ROUNDS = 2;
const FINAL_ROUNDS = 4;

export function fingerprintWriter([k0, k1]: FingerprintKey): WriteFingerprint {
  const state = new Int32Array(4);
  return (text, from, to, target, at) => {
    state[0] = k0;
    state[1] = k1 ^ 0xee;
    state[2] = 0x6c796765 ^ k0;
    state[3] = 0x74656462 ^ k1;
    // An id ends with a newline. If its length is odd, that is in its last word.
    const idEnd = text.indexOf('\n', from);
    const middle = from + 2 * Math.ceil((Math.min(idEnd < 0 ? to : idEnd, to) - from) / 2);
    const end = to - ((to - from) % 2);
    absorb(state, text, from, Math.min(middle, end));
    target[at + ID_WORD] = sumOf(state);
    absorb(state, text, Math.min(middle, end), end);
    const last = ((2 * (to - from)) << 24) | (end < to ? text.charCodeAt(end) : 0);
    absorbWord(state, last);
    xor(state, 2, 0xee);
    mix(state, FINAL_ROUNDS);
    target[at] = sumOf(state);
    xor(state, 1, 0xdd);
    mix(state, FINAL_ROUNDS);
    target[at + 1] = sumOf(state);
  };
}

/** Takes in pairs of units. */
function absorb(state: Int32Array, text: string, from: number, to: number): void {
  for (let i = from; i < to; i += 2) {
    absorbWord(state, text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
  }
}

function absorbWord(state: Int32Array, word: number): void {
  xor(state, 3, word);
  mix(state, UPDATE_ROUNDS);
  xor(state, 0, word);
}

function xor(state: Int32Array, index: number, word: number): void {
  state[index] = (state[index] ?? 0) ^ word;
}

function sumOf(state: Int32Array): number {
  return (state[1] ?? 0) ^ (state[3] ?? 0);
}

function mix(state: Int32Array, rounds: number): void {
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  for (let round = 0; round < rounds; round++) {
    a = (a + b) | 0;
    b = ((b << 5) | (b >>> 27)) ^ a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = ((d << 8) | (d >>> 24)) ^ c;
    a = (a + d) | 0;
    d = ((d << 7) | (d >>> 25)) ^ a;
    c = (c + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ c;
    c = (c << 16) | (c >>> 16);
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}
