/** Shows what workerd writes: each line of the Worker's log, and what workerd says itself. */
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { paintFor } from '../../command/style.ts';
import { MAX_WORKERD_LINE_CHARACTERS } from '../limits.ts';
import { entriesOf, type Stream } from './entries.ts';
import { JsonView, type LogFormat, type LogView, TextView } from './view.ts';
import { FileWriter } from './writer.ts';

const STDOUT = 1;
/** How long a reader of the log may take for its last lines when the server ends. */
const END_MS = 1000;

interface Listener {
  /** Nobody reads the log any more. */
  onClosed(): void;
  /** Lines for people were written. */
  onShown(lines: number): void;
}

export class ServerLog {
  readonly #writer: FileWriter;
  readonly #isJson: boolean;
  readonly #view: LogView;
  #ends: Promise<unknown> = Promise.resolve();

  constructor(format: LogFormat, { onClosed, onShown }: Listener) {
    this.#isJson = format === 'json';
    this.#writer = new FileWriter(STDOUT, onClosed);
    this.#view = this.#isJson
      ? new JsonView(this.#writer)
      : new TextView(this.#writer, {
          paint: paintFor(process.stdout),
          onlyProblems: format === 'off',
          onShown,
        });
  }

  read(stdout: Readable, stderr: Readable): void {
    this.#ends = Promise.all([
      showLines(stdout, 'stdout', this.#view),
      showLines(stderr, 'stderr', this.#view),
    ]);
  }

  /** For machines that start a server on a free port. */
  ready(address: string): void {
    if (this.#isJson) this.#writer.write(`${JSON.stringify({ type: 'ready', address })}\n`);
  }

  /** Shows what workerd wrote until it ended. */
  async end(): Promise<void> {
    await Promise.race([this.#ends, setTimeout(END_MS, undefined, { ref: false })]);
    this.#view.end();
    await this.#writer.end(END_MS);
  }
}

/**
 * Reads a stream of workerd to its end. It is always read, whatever becomes of the lines: workerd would wait in the
 * middle of a request if it could not write.
 */
function showLines(source: Readable, stream: Stream, view: LogView): Promise<void> {
  let rest = '';
  const show = (line: string) => view.show(entriesOf(line, stream));
  return new Promise((resolve) => {
    source.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) show(line);
      if (rest.length <= MAX_WORKERD_LINE_CHARACTERS) return;
      show(rest);
      rest = '';
    });
    source.once('close', () => {
      if (rest !== '') show(rest);
      resolve();
    });
  });
}
