/** Text in chunks, cut anywhere, as the lines that it has. */
import { StringDecoder } from 'node:string_decoder';

export class Lines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** The lines that are whole now, without their line feeds. */
  take(chunk: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  /** What came of a line that is not whole yet. */
  get rest(): string {
    return this.#rest;
  }
}
