/**
 * HMAC-SHA-256 (RFC 2104) of short messages with one key. `crypto.subtle` is asynchronous, and a call of `node:crypto` takes
 * several times as long: here what the key contributes is computed once.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

const DIGEST_BYTES = 32;

type Keyed = ReturnType<typeof hmac.create>;

export class HmacSha256 {
  readonly #keyed: Keyed;
  readonly #copy: Keyed;
  readonly #digest = new Uint8Array(DIGEST_BYTES);

  constructor(key: Uint8Array) {
    this.#keyed = hmac.create(sha256, key);
    this.#copy = this.#keyed.clone() as Keyed;
  }

  /** @returns the code; it is overwritten by the next call */
  sign(message: Uint8Array): Uint8Array {
    this.#keyed._cloneInto(this.#copy).update(message).digestInto(this.#digest);
    return this.#digest;
  }
}
