/**
 * The bytes that a client sends on one connection, request after request, with heads changed as `readHead` does. From where
 * it is not certain what they mean, they are passed on as they are, so that workerd answers as it would without this: a
 * malformed head, frames of a WebSocket.
 */
import { MAX_REWRITTEN_HEAD_BYTES } from '../limits.ts';
import { bodyOf, type RequestBody } from './request-body.ts';
import { readHead } from './request-head.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EMPTY_LINE = '\r\n\r\n';
const EMPTY_LINE_BYTES = 4;

export class RequestRewriter {
  /** The beginning of a head. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Of the request whose head was read last. */
  #body: RequestBody | undefined;
  #isTransparent = false;

  /** @returns what to send on */
  push(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#isTransparent) out.push(rest);
      rest = this.#isTransparent
        ? rest.subarray(rest.length)
        : this.#body === undefined
          ? this.#readHead(rest, out)
          : this.#readBody(this.#body, rest, out);
    }
    return out;
  }

  /** The client sends nothing more. @returns what is left to send on */
  end(): Buffer[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  /** @returns what follows the body */
  #readBody(body: RequestBody, bytes: Buffer, out: Buffer[]): Buffer {
    const read = body.read(bytes);
    if (read === undefined) return this.#giveUp(bytes);
    out.push(bytes.subarray(0, read));
    if (body.isComplete) this.#body = undefined;
    return bytes.subarray(read);
  }

  /** @returns what follows the head */
  #readHead(bytes: Buffer, out: Buffer[]): Buffer {
    if (this.#heldBytes === 0) {
      // Empty lines may be in front of a head.
      const begin = bytes.findIndex((byte) => byte !== CR && byte !== LF);
      if (begin !== 0) {
        const lines = begin === -1 ? bytes.length : begin;
        out.push(bytes.subarray(0, lines));
        return bytes.subarray(lines);
      }
    }
    const before = this.#heldBytes;
    const previous = this.#held.at(-1)?.at(-1);
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (bytes.includes(LF)) {
      const all = this.#takeHeld();
      const end = all.indexOf(EMPTY_LINE, Math.max(0, before - EMPTY_LINE_BYTES));
      if (end !== -1) return this.#rewrite(all, end + EMPTY_LINE_BYTES, out);
      this.#held = [all];
      this.#heldBytes = all.length;
    }
    const isHead = this.#heldBytes <= MAX_REWRITTEN_HEAD_BYTES && couldBeHead(bytes, previous);
    return isHead ? bytes.subarray(bytes.length) : this.#giveUp(this.#takeHeld());
  }

  /** @param length of the head at the beginning of the bytes */
  #rewrite(bytes: Buffer, length: number, out: Buffer[]): Buffer {
    const isLong = length > MAX_REWRITTEN_HEAD_BYTES;
    const head = isLong ? undefined : readHead(bytes.toString('latin1', 0, length));
    if (head === undefined) return this.#giveUp(bytes);
    out.push(Buffer.from(head.text, 'latin1'));
    const body = bodyOf(head.body);
    this.#body = body.isComplete ? undefined : body;
    return bytes.subarray(length);
  }

  #takeHeld(): Buffer {
    const all = this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return all ?? Buffer.alloc(0);
  }

  #giveUp(bytes: Buffer): Buffer {
    this.#isTransparent = true;
    return bytes;
  }
}

/**
 * Whether bytes can be of a head that is not complete. Frames of a WebSocket must not wait for more.
 *
 * @param previous the byte in front of them; undefined at the beginning of a head
 */
function couldBeHead(bytes: Buffer, previous: number | undefined): boolean {
  let before = previous;
  for (const byte of bytes) {
    if (before === undefined && byte > 0x7f) return false;
    if (byte === LF ? before !== CR : byte < SPACE && byte !== CR && byte !== TAB) return false;
    before = byte;
  }
  return true;
}
