/**
 * What the user sees: on a terminal one line that is written anew, elsewhere a line where something is
 * wrong; at the end a summary.
 */

import { CLEAR_LINE, visible } from '../output.ts';
import { FORWARD_REMARK_INTERVAL_MS } from './limits.ts';

/** `process.stderr`, or what stands for it. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What the server made of the entries of a request. */
export interface Outcomes {
  readonly accepted: number;
  readonly duplicates: number;
  readonly dropped: number;
}

export class Progress {
  readonly #screen: Screen;
  readonly #now: () => number;
  #read = 0;
  #accepted = 0;
  #duplicates = 0;
  #dropped = 0;
  #passedOver = 0;
  #lost = 0;
  #behind = 0;
  #since = Number.NaN;
  #drawn = '';
  #lastRemark = Number.NEGATIVE_INFINITY;
  #unsaid = 0;
  #failed = false;

  constructor(screen: Screen, now: () => number) {
    this.#screen = screen;
    this.#now = now;
  }

  /** Says something, above the line on a terminal. */
  say(message: string): void {
    this.#screen.write(`${this.#drawn === '' ? '' : CLEAR_LINE}${visible(message)}\n`);
    this.#drawn = '';
    this.draw();
  }

  /** Says why the command ends. */
  fail(message: string): 1 {
    this.#failed = true;
    this.say(`carillon: ${message}`);
    return 1;
  }

  read(lines: number): void {
    this.#read += lines;
  }

  answered({ accepted, duplicates, dropped }: Outcomes): void {
    this.#accepted += accepted;
    this.#duplicates += duplicates;
    this.#dropped += dropped;
  }

  /** A line that cannot be sent. A file may have nothing else, so not each is told; all are counted. */
  passedOver(message: string): void {
    this.#passedOver++;
    if (this.#now() - this.#lastRemark < FORWARD_REMARK_INTERVAL_MS) {
      this.#unsaid++;
      return;
    }
    this.say(this.#unsaid === 0 ? message : `${message}, and ${this.#unsaid} lines before it`);
    this.#lastRemark = this.#now();
    this.#unsaid = 0;
  }

  /** Entries that came and are gone. */
  lost(entries: number): void {
    this.#lost += entries;
  }

  /**
   * How much is still to be sent.
   *
   * @param since when the last entry that was sent was written, NaN where that is not known
   */
  behind(bytes: number, since: number): void {
    this.#behind = bytes;
    this.#since = since;
  }

  /** Brings the line on a terminal up to date. */
  draw(): void {
    if (this.#screen.isTTY !== true) return;
    const text = this.#text().slice(0, (this.#screen.columns || 80) - 1);
    if (text === this.#drawn) return;
    this.#screen.write(`${CLEAR_LINE}${text}`);
    this.#drawn = text;
  }

  /** The last that is said, unless there is nothing to tell of. */
  summarise(): void {
    if (this.#failed && this.#read === 0) return;
    this.#screen.write(`${this.#drawn === '' ? '' : CLEAR_LINE}${this.#text()}\n`);
    this.#drawn = '';
  }

  #text(): string {
    const rest: [number, string][] = [
      [this.#dropped, 'dropped by the server'],
      [this.#passedOver, 'lines passed over'],
      [this.#lost, 'entries lost'],
    ];
    return [
      `${counted(this.#read)} entries read`,
      `${counted(this.#accepted)} events accepted`,
      `${counted(this.#duplicates)} duplicates`,
      ...rest.filter(([count]) => count > 0).map(([count, what]) => `${counted(count)} ${what}`),
      this.#lag(),
    ].join(', ');
  }

  #lag(): string {
    if (this.#behind === 0) return 'nothing waits';
    const seconds = Math.max(0, Math.round((this.#now() - this.#since) / 1000));
    const time = Number.isNaN(seconds) ? '' : ` (${counted(seconds)} s)`;
    return `${sizeOf(this.#behind)} behind${time}`;
  }
}

function counted(count: number): string {
  return count.toLocaleString('en-US');
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
