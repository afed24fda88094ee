/**
 * The output of a relay. Messages and counts go to standard error. Events that the receiver rejected for good go
 * to standard output unchanged, so that they can be published once the reason is fixed.
 */
import { StatusLine } from '../command/status-line.ts';
import type { Backlog } from './backlog.ts';
import type { FrameLine } from './frame.ts';

export class Report {
  readonly #line: StatusLine;
  readonly #counts = { accepted: 0, duplicates: 0, refused: 0, skipped: 0, gaps: 0 };

  constructor(backlog: Backlog) {
    const text = () => `${this.#summary()}, ${backlog.events} waiting`;
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
    this.#counts.gaps++;
    this.say(message);
  }

  published(accepted: number, duplicates: number): void {
    this.#counts.accepted += accepted;
    this.#counts.duplicates += duplicates;
  }

  skipped(): void {
    this.#counts.skipped++;
  }

  refused({ id, event, text }: FrameLine, reason: string): void {
    this.#counts.refused++;
    this.say(
      `refused: ${id || 'an event without an id'} (${event.eventType || 'no type'}): ${reason}`,
    );
    process.stdout.write(`${text}\n`);
  }

  summarise(): void {
    this.say(this.#summary());
  }

  #summary(): string {
    const { accepted, duplicates, refused, skipped, gaps } = this.#counts;
    return [
      `${accepted} relayed`,
      `${duplicates} already known`,
      `${refused} refused`,
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      `${gaps} gap${gaps === 1 ? '' : 's'}`,
    ].join(', ');
  }
}
