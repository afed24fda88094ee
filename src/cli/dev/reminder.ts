/** Prints the address and the token again when lines of the log have pushed them off the screen. */
import { announce } from '../command/command.ts';

/** Silence after which nobody has to look for the lines between those of the log. */
const QUIET_MS = 1500;
/** If the terminal does not say how many it has. */
const DEFAULT_ROWS = 24;

/** `process.stderr`, or its replacement in a test. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly rows?: number;
}

export class Reminder {
  readonly #terminal: Terminal;
  readonly #print: (text: string) => void;
  #text: string | undefined;
  #lines = 0;
  #quiet: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal = process.stderr, print: (text: string) => void = announce) {
    this.#terminal = terminal;
    this.#print = print;
  }

  /** From now on the text is printed after a burst. It has just been on the screen. */
  watch(text: string): void {
    this.#text = text;
    this.#lines = 0;
  }

  /** Prints something that has all of the text in it. */
  print(text: string): void {
    this.#print(text);
    this.#lines = 0;
  }

  /** Lines of the log were shown. */
  scroll(lines: number): void {
    this.#lines += lines;
    if (this.#text === undefined || this.#terminal.isTTY !== true) return;
    if (this.#lines < (this.#terminal.rows || DEFAULT_ROWS)) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.print(this.#text ?? ''), QUIET_MS).unref();
  }

  end(): void {
    clearTimeout(this.#quiet);
    this.#text = undefined;
  }
}
