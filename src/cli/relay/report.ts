/**
 * What a relay tells: sentences and counts on standard error; on standard output the events that its own
 * side refused for good, as they came, so that they can be published once that is mended.
 */
import { status } from '../command.ts';
import { CLEAR_LINE, visible } from '../output.ts';
import type { FrameLine } from './frame.ts';

const PROGRESS_INTERVAL_MS = 1000;

export class Report {
  #accepted = 0;
  #duplicates = 0;
  #refused = 0;
  #skipped = 0;
  #gaps = 0;
  #shown = false;
  #timer: NodeJS.Timeout | undefined;

  /** Keeps the counts up to date on a terminal. */
  showProgress(waiting: () => number): void {
    if (!process.stderr.isTTY) return;
    this.#timer = setInterval(() => {
      process.stderr.write(`${CLEAR_LINE}${this.#counts()}, ${waiting()} waiting`);
      this.#shown = true;
    }, PROGRESS_INTERVAL_MS);
  }

  say(message: string): void {
    this.#clear();
    status(visible(message));
  }

  /** Events may be missing. */
  gap(message: string): void {
    this.#gaps++;
    this.say(message);
  }

  published(accepted: number, duplicates: number): void {
    this.#accepted += accepted;
    this.#duplicates += duplicates;
  }

  skipped(): void {
    this.#skipped++;
  }

  refused({ id, event, text }: FrameLine, reason: string): void {
    this.#refused++;
    this.say(
      `refused: ${id || 'an event without an id'} (${event.eventType || 'no type'}): ${reason}`,
    );
    process.stdout.write(`${text}\n`);
  }

  /** No more progress is shown. */
  end(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  summary(): void {
    this.say(this.#counts());
  }

  #clear(): void {
    if (this.#shown) process.stderr.write(CLEAR_LINE);
    this.#shown = false;
  }

  #counts(): string {
    return [
      `${this.#accepted} relayed`,
      `${this.#duplicates} already known`,
      `${this.#refused} refused`,
      ...(this.#skipped > 0 ? [`${this.#skipped} skipped`] : []),
      `${this.#gaps} gap${this.#gaps === 1 ? '' : 's'}`,
    ].join(', ');
  }
}
