/** A log that may be written, truncated, renamed or removed while it is read. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { LOG_HEAD_BYTES, MAX_AUDIT_ENTRY_BYTES, MAX_FORWARDED_BYTES } from './limits.ts';
import type { FileIdentity, LogHead, LogPosition } from './state-file.ts';

const NEWLINE = 0x0a;

export class LogFile {
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  readonly #handle: FileHandle;
  #head: Buffer;
  #next = 0;

  private constructor(path: string, handle: FileHandle, identity: FileIdentity, head: Buffer) {
    this.path = path;
    this.#handle = handle;
    this.device = identity.device;
    this.inode = identity.inode;
    this.#head = head;
  }

  /** @throws the error of the file system */
  static async open(path: string): Promise<LogFile> {
    const handle = await open(path);
    try {
      const { dev, ino } = await handle.stat({ bigint: true });
      const head = await readAt(handle, 0, LOG_HEAD_BYTES);
      return new LogFile(path, handle, { device: String(dev), inode: String(ino) }, head);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Whether this is the file with that beginning, or a copy of it. */
  beginsWith({ bytes, sha256 }: LogHead): boolean {
    return (
      bytes > 0 && bytes <= this.#head.length && sha256 === digest(this.#head.subarray(0, bytes))
    );
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** When the file was last written, in nanoseconds since 1970. */
  async modifiedAt(): Promise<bigint> {
    return (await this.#handle.stat({ bigint: true })).mtimeNs;
  }

  /** Where a last line without a newline begins. Usually this is the end of the file. */
  async lastLine(): Promise<number> {
    const size = await this.size();
    const from = Math.max(0, size - MAX_AUDIT_ENTRY_BYTES);
    const tail = await readAt(this.#handle, from, size - from);
    return from + tail.lastIndexOf(NEWLINE) + 1;
  }

  seek(offset: number): void {
    this.#next = offset;
  }

  /** @param offset after the entries that were forwarded */
  positionAt(offset: number): LogPosition {
    const head = { bytes: this.#head.length, sha256: digest(this.#head) };
    return { device: this.device, inode: this.inode, offset, head };
  }

  /**
   * Reads on. The chunk is empty if there is no more yet.
   *
   * @returns undefined if the file was truncated
   */
  async read(): Promise<Buffer | undefined> {
    const size = await this.size();
    const chunk = await readAt(
      this.#handle,
      this.#next,
      Math.min(MAX_FORWARDED_BYTES, Math.max(0, size - this.#next)),
    );
    // After the chunk: if the beginning is unchanged, the chunk is of the same file.
    const head = await readAt(this.#handle, 0, LOG_HEAD_BYTES);
    const same = head.subarray(0, this.#head.length).equals(this.#head);
    if (!same || size < this.#next) return undefined;
    this.#head = head;
    this.#next += chunk.length;
    return chunk;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
