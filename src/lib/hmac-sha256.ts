/**
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) of short messages. `crypto.subtle` is asynchronous, and a call of `node:crypto` takes
 * five times as long: what the key contributes is computed once here, and nothing is allocated for a message.
 */

const BLOCK_BYTES = 64;
const BLOCK_WORDS = BLOCK_BYTES / 4;
const DIGEST_WORDS = 8;
const ROUNDS = 64;

/** A block also has a bit that ends the message, and two words with its length. */
const MAX_MESSAGE_WORDS = BLOCK_WORDS - 3;

/** The initial state: the first bits of the square roots of the first primes. */
const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

/** The constants of the rounds: the first bits of the cube roots of the first primes. */
const CONSTANTS = Int32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
);

/** One for all, because a digest is computed at once. Its first words are the block. */
const schedule = new Int32Array(ROUNDS);

export class HmacSha256 {
  /** The states after the block that the key makes. */
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;
  readonly #digest = new Int32Array(DIGEST_WORDS);

  /** @param key at most 64 bytes */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) throw new RangeError('the key is longer than a block');
    this.#inner = stateOf(key, 0x36);
    this.#outer = stateOf(key, 0x5c);
  }

  /**
   * @param message at most 13 words, whose bytes have the order of the network
   * @returns the code, in the same form; it is overwritten by the next call
   */
  sign(message: Int32Array): Int32Array {
    if (message.length > MAX_MESSAGE_WORDS) throw new RangeError('the message exceeds a block');
    const digest = this.#digest;
    scheduleLast(message);
    digest.set(this.#inner);
    compress(digest);
    scheduleLast(digest);
    digest.set(this.#outer);
    compress(digest);
    return digest;
  }
}

/** The state after a block that a key makes. */
function stateOf(key: Uint8Array, padding: number): Int32Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(padding);
  for (const [index, byte] of key.entries()) block[index] = byte ^ padding;
  const view = new DataView(block.buffer);
  for (let i = 0; i < BLOCK_WORDS; i++) schedule[i] = view.getInt32(4 * i);
  const state = INITIAL.slice();
  compress(state);
  return state;
}

/** Makes the last block of a message that follows one block. */
function scheduleLast(message: Int32Array): void {
  schedule.set(message);
  schedule.fill(0, message.length, BLOCK_WORDS);
  schedule[message.length] = 0x80000000;
  schedule[BLOCK_WORDS - 1] = 8 * (BLOCK_BYTES + 4 * message.length);
}

/** Takes the block that the schedule begins with into a state. */
function compress(state: Int32Array): void {
  const w = schedule;
  for (let i = BLOCK_WORDS; i < ROUNDS; i++) {
    const x = at(w, i - 15);
    const y = at(w, i - 2);
    const small = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const large = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = small + at(w, i - 7) + large + at(w, i - 16);
  }
  let a = at(state, 0);
  let b = at(state, 1);
  let c = at(state, 2);
  let d = at(state, 3);
  let e = at(state, 4);
  let f = at(state, 5);
  let g = at(state, 6);
  let h = at(state, 7);
  for (let i = 0; i < ROUNDS; i++) {
    const sumOfE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + sumOfE + (g ^ (e & (f ^ g))) + at(CONSTANTS, i) + at(w, i)) | 0;
    const sumOfA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (sumOfA + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = at(state, 0) + a;
  state[1] = at(state, 1) + b;
  state[2] = at(state, 2) + c;
  state[3] = at(state, 3) + d;
  state[4] = at(state, 4) + e;
  state[5] = at(state, 5) + f;
  state[6] = at(state, 6) + g;
  state[7] = at(state, 7) + h;
}

/** A word; the index is within the words. */
function at(words: Int32Array, index: number): number {
  return words[index] as number;
}
