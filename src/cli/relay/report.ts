/**
 * The output of a relay. Messages and counts go to standard error. Events that the destination rejected for good go
 * to standard output unchanged, so that they can be published once the reason is fixed.
 */
import { StatusLine } from '../status-line.ts';
import type { Backlog } from './backlog.ts';
import type { FrameLine } from './frame.ts';

export class Report {
  readonly #line: StatusLine;
  #accepted = 0;
  #duplicates = 0;
  #refused = 0;
  #skipped = 0;
  #gaps = 0;

  constructor(backlog: Backlog) {
    const text = () => `${this.#counts()}, ${backlog.events} waiting`;
    this.#line = new StatusLine(process.stderr, text);
  }

  /** Shows the counts on a terminal. */
  start(): void {
    this.#line.start();
  }

  stop(): void {
    this.#line.stop();
  }

  say(message: string): void {
    this.#line.say(message);
  }

  /** Says that events may be missing. */
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

  summarise(): void {
    this.say(this.#counts());
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
