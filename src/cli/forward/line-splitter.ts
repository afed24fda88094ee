/** Splits bytes into lines with their offsets. The memory of one line is bounded. Pure. */
import { MAX_AUDIT_ENTRY_BYTES } from './limits.ts';

export interface Line {
  /** Where the line begins. */
  readonly offset: number;
  /** In bytes, without the newline. */
  readonly length: number;
  /** Undefined if there are more than `MAX_AUDIT_ENTRY_BYTES`. */
  readonly bytes: Buffer | undefined;
}

const NEWLINE = 0x0a;

export class LineSplitter {
  #pieces: Buffer[] = [];
  #length = 0;
  #offset: number;

  /** @param offset of the first byte */
  constructor(offset: number) {
    this.#offset = offset;
  }

  /** Where the unfinished line begins. */
  get offset(): number {
    return this.#offset;
  }

  /** The lines that end in this chunk. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.#take(chunk.subarray(from, end));
      lines.push(this.#endLine(1));
      from = end + 1;
    }
    this.#take(chunk.subarray(from));
    return lines;
  }

  /** The unfinished line, as no more bytes will come. */
  end(): Line[] {
    return this.#length === 0 ? [] : [this.#endLine(0)];
  }

  #take(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > MAX_AUDIT_ENTRY_BYTES) this.#pieces = [];
    else if (piece.length > 0) this.#pieces.push(piece);
  }

  #endLine(newlineBytes: number): Line {
    const [offset, length, pieces] = [this.#offset, this.#length, this.#pieces];
    this.#offset += length + newlineBytes;
    this.#length = 0;
    this.#pieces = [];
    return {
      offset,
      length,
      bytes: length > MAX_AUDIT_ENTRY_BYTES ? undefined : Buffer.concat(pieces),
    };
  }
}
