/** The lines of a stream: those that have arrived, and the next one. */
import type { Readable } from 'node:stream';

/** Unread lines at which the stream is paused. */
const MAX_WAITING_LINES = 1000;

export class LineReader {
  readonly #source: Readable;
  readonly #waiting: string[] = [];
  #rest = '';
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  /** @param maxCharacters of one line; a longer one is an error, so that it does not fill the memory */
  constructor(source: Readable, maxCharacters: number) {
    this.#source = source;
    source.setEncoding('utf8');
    source.on('data', (chunk: string) => {
      const lines = (this.#rest + chunk).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#waiting.push(line);
      if (this.#rest.length > maxCharacters) {
        source.destroy(new Error(`a line is longer than ${maxCharacters} characters`));
      } else if (this.#waiting.length >= MAX_WAITING_LINES) {
        source.pause();
      }
      this.#wake();
    });
    source.once('end', () => {
      if (this.#rest !== '') this.#waiting.push(this.#rest);
      this.#ended = true;
      this.#wake();
    });
    source.once('error', (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** A line that has arrived. */
  ready(): string | undefined {
    const line = this.#waiting.shift();
    if (this.#waiting.length === 0 && !this.#ended) this.#source.resume();
    return line;
  }

  /**
   * The next line, once it arrives.
   *
   * @returns undefined at the end
   * @throws the error of the stream
   */
  async next(): Promise<string | undefined> {
    while (this.#waiting.length === 0 && !this.#ended && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
    return this.ready();
  }
}
