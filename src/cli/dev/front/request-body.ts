/** Finds the end of the body of an HTTP/1 request, whose bytes are passed on as they are. */
import type { BodyLength } from './request-head.ts';

export interface RequestBody {
  /** Whether the next byte is of the next request. */
  readonly isComplete: boolean;
  /** @returns how many of the bytes are of the body; undefined if it is malformed */
  read(bytes: Uint8Array): number | undefined;
}

export function bodyOf(length: BodyLength): RequestBody {
  return length === 'chunked' ? new ChunkedBody() : new SizedBody(length);
}

class SizedBody implements RequestBody {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get isComplete(): boolean {
    return this.#left === 0;
  }

  read({ length }: Uint8Array): number {
    const read = Math.min(length, this.#left);
    this.#left -= read;
    return read;
  }
}

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

/** More digits are no size that anybody sends, and would exceed what a number holds. */
const MAX_SIZE_DIGITS = 12;

/** What the next byte is of. */
type Place = 'size' | 'extension' | 'data' | 'end of data' | 'trailer' | 'end';

class ChunkedBody implements RequestBody {
  #place: Place = 'size';
  #digits = 0;
  #size = 0;
  /** Bytes of the line so far, without its end. */
  #line = 0;
  #afterCr = false;

  get isComplete(): boolean {
    return this.#place === 'end';
  }

  read(bytes: Uint8Array): number | undefined {
    let index = 0;
    while (index < bytes.length && this.#place !== 'end') {
      if (this.#place === 'data') {
        const read = Math.min(bytes.length - index, this.#size);
        index += read;
        this.#size -= read;
        if (this.#size === 0) this.#place = 'end of data';
      } else {
        if (!this.#readOfLine(bytes[index] ?? 0)) return undefined;
        index++;
      }
    }
    return index;
  }

  /** @returns false if the byte cannot be there */
  #readOfLine(byte: number): boolean {
    if (this.#afterCr) {
      this.#afterCr = false;
      return byte === LF && this.#endLine();
    }
    if (byte === LF) return false;
    if (byte === CR) {
      this.#afterCr = true;
      return true;
    }
    if (this.#place === 'end of data') return false;
    if (this.#place === 'size') return this.#readOfSize(byte);
    this.#line++;
    return true;
  }

  #readOfSize(byte: number): boolean {
    if (byte === SEMICOLON && this.#digits > 0) {
      this.#place = 'extension';
      return true;
    }
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit) || ++this.#digits > MAX_SIZE_DIGITS) return false;
    this.#size = this.#size * 16 + digit;
    return true;
  }

  #endLine(): boolean {
    if (this.#place === 'size' && this.#digits === 0) return false;
    if (this.#place === 'trailer') this.#place = this.#line === 0 ? 'end' : 'trailer';
    else if (this.#place === 'end of data') this.#place = 'size';
    else this.#place = this.#size === 0 ? 'trailer' : 'data';
    this.#digits = 0;
    this.#line = 0;
    return true;
  }
}
