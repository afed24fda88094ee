/** Messages on standard error and, on a terminal, one line below them that is kept up to date. */
import { safeMessage } from './visible.ts';

/** `process.stderr`, or its replacement in a test. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_INTERVAL_MS = 200;
/** Moves to the beginning of the line of a terminal, and clears the line. */
const CLEAR_LINE = '\r\x1b[K';

export class StatusLine {
  readonly #screen: Screen;
  readonly #text: () => string;
  /** What the line shows. */
  #drawn = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen, text: () => string) {
    this.#screen = screen;
    this.#text = text;
  }

  /** Keeps the line up to date. */
  start(): void {
    if (this.#screen.isTTY === true)
      this.#timer = setInterval(() => this.draw(), REDRAW_INTERVAL_MS);
  }

  /** Writes a message above the line. */
  say(message: string): void {
    const isShown = this.#drawn !== '';
    this.#replace(`${safeMessage(message)}\n`);
    if (isShown) this.draw();
  }

  /** Replaces the line by a last message. */
  stop(message?: string): void {
    clearInterval(this.#timer);
    if (message !== undefined) this.#replace(`${message}\n`);
    else if (this.#drawn !== '') this.#replace('');
  }

  draw(): void {
    if (this.#screen.isTTY !== true) return;
    const text = this.#text().slice(0, (this.#screen.columns || 80) - 1);
    if (text === this.#drawn) return;
    this.#screen.write(`${CLEAR_LINE}${text}`);
    this.#drawn = text;
  }

  #replace(text: string): void {
    this.#screen.write(`${this.#drawn === '' ? '' : CLEAR_LINE}${text}`);
    this.#drawn = '';
  }
}
