/** What of the log is shown, and how: for people at most so many lines a second, for machines all. */

import type { Paint } from '../../command/style.ts';
import { MAX_LOG_LINES_PER_SECOND } from '../limits.ts';
import type { Entry } from './entries.ts';
import { textOf } from './text.ts';
import type { LogWriter } from './writer.ts';

/** `off` shows only what goes wrong. */
export const LOG_FORMATS = ['off', 'text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogView {
  /** Shows the entries of one line of workerd. */
  show(entries: readonly Entry[]): void;
  /** Shows what is counted but not yet shown. */
  end(): void;
}

/** Each entry is one line of JSON. */
export class JsonView implements LogView {
  readonly #writer: LogWriter;
  #dropped = 0;

  constructor(writer: LogWriter) {
    this.#writer = writer;
  }

  show(entries: readonly Entry[]): void {
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
    if (this.#dropped > 0) lines.unshift(this.#droppedLine());
    if (this.#writer.write(lines.join(''))) this.#dropped = 0;
    else this.#dropped += entries.length;
  }

  end(): void {
    if (this.#dropped > 0) this.#writer.write(this.#droppedLine());
  }

  #droppedLine(): string {
    return `${JSON.stringify({ type: 'dropped', lines: this.#dropped })}\n`;
  }
}

const PROBLEMS: readonly Entry['type'][] = ['warning', 'error', 'output'];
const SECOND_MS = 1000;

/**
 * Lines for people. What goes wrong has lines of its own in each second, so that a burst of requests does not hide it.
 */
export class TextView implements LogView {
  readonly #writer: LogWriter;
  readonly #paint: Paint;
  readonly #onlyProblems: boolean;
  readonly #onShown: (lines: number) => void;
  #second: NodeJS.Timeout | undefined;
  #shown = { requests: 0, problems: 0 };
  #hidden = { requests: 0, failed: 0, others: 0 };

  constructor(
    writer: LogWriter,
    {
      paint,
      onlyProblems = false,
      onShown = () => undefined,
    }: { paint: Paint; onlyProblems?: boolean; onShown?: (lines: number) => void },
  ) {
    this.#writer = writer;
    this.#paint = paint;
    this.#onlyProblems = onlyProblems;
    this.#onShown = onShown;
  }

  show(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    const isProblem = PROBLEMS.includes(first.type);
    if (!isProblem && this.#onlyProblems) return;
    // The entry of the webhook says it.
    if (first.type === 'warning' && 'refused' in first && !this.#onlyProblems) return;
    this.#second ??= setTimeout(() => this.#endSecond(), SECOND_MS).unref();
    const kind = isProblem ? 'problems' : 'requests';
    const fits = this.#shown[kind] + entries.length <= MAX_LOG_LINES_PER_SECOND;
    if (fits && this.#writer.write(entries.map((entry) => textOf(entry, this.#paint)).join(''))) {
      this.#shown[kind] += entries.length;
      this.#onShown(entries.length);
    } else {
      this.#hide(first);
    }
  }

  end(): void {
    clearTimeout(this.#second);
    this.#endSecond();
  }

  #hide(entry: Entry): void {
    if (entry.type !== 'request') this.#hidden.others++;
    else {
      this.#hidden.requests++;
      if (Number(entry.status) >= 400) this.#hidden.failed++;
    }
  }

  #endSecond(): void {
    this.#second = undefined;
    this.#shown = { requests: 0, problems: 0 };
    const { requests, failed, others } = this.#hidden;
    if (requests + others === 0) return;
    const texts = [
      ...(requests > 0 ? [`${requests} more requests`] : []),
      ...(failed > 0 ? [`${failed} of them failed`] : []),
      ...(others > 0 ? [`${others} other lines`] : []),
    ];
    const text = this.#paint('dim', `          … and ${texts.join(', ')}`);
    if (!this.#writer.write(`${text}\n`)) return;
    this.#hidden = { requests: 0, failed: 0, others: 0 };
    this.#onShown(1);
  }
}
