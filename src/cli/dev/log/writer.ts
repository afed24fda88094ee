/** Writes the log to standard output without ever waiting for its reader: workerd would wait too, and serve nobody. */
import { write } from 'node:fs';
import { MAX_WAITING_LOG_CHARACTERS } from '../limits.ts';

/** A pipe that is full refuses what is written, without a sign when it no longer will. */
const RETRY_MS = 20;

export interface LogWriter {
  /** @returns false if the text is dropped, because too much waits */
  write(text: string): boolean;
  /** Resolves when everything is written, or after this time. */
  end(timeoutMs: number): Promise<void>;
}

export class FileWriter implements LogWriter {
  readonly #descriptor: number;
  readonly #onClosed: () => void;
  #waiting = '';
  #isWriting = false;
  #isClosed = false;
  #idle: () => void = () => undefined;

  /** @param onClosed called when nobody can read any more */
  constructor(descriptor: number, onClosed: () => void) {
    this.#descriptor = descriptor;
    this.#onClosed = onClosed;
  }

  write(text: string): boolean {
    if (this.#isClosed) return true;
    if (this.#waiting.length + text.length > MAX_WAITING_LOG_CHARACTERS) return false;
    this.#waiting += text;
    if (!this.#isWriting) this.#writeWaiting();
    return true;
  }

  end(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isWriting) return resolve();
      const timeout = setTimeout(resolve, timeoutMs);
      this.#idle = () => {
        clearTimeout(timeout);
        resolve();
      };
    });
  }

  #writeWaiting(): void {
    this.#isWriting = true;
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#writeBytes(bytes);
  }

  #writeBytes(bytes: Buffer): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeBytes(bytes), RETRY_MS).unref();
      } else if (error) {
        this.#close();
      } else if (written < bytes.length) {
        this.#writeBytes(bytes.subarray(written));
      } else if (this.#waiting !== '') {
        this.#writeWaiting();
      } else {
        this.#isWriting = false;
        this.#idle();
      }
    });
  }

  /** The reader has ended, as `head` does, or the disk is full. */
  #close(): void {
    this.#isClosed = true;
    this.#isWriting = false;
    this.#waiting = '';
    this.#idle();
    this.#onClosed();
  }
}
