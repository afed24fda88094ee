/** Remembers what has been published, and acknowledges it to the origin. */
import type { PositionFile } from '../server/position-file.ts';
import type { BacklogEntry } from './backlog.ts';
import type { Report } from './report.ts';

export class Checkpoint {
  readonly #state: PositionFile | undefined;
  readonly #report: Report;
  #cursor: string | undefined;
  #writeFails = false;
  #canResume = false;

  /** @param state undefined if nothing is remembered */
  constructor(state: PositionFile | undefined, report: Report) {
    this.#state = state;
    this.#report = report;
    this.#cursor = state?.found?.cursor;
  }

  /** Whether another relay can resume after the last event. */
  get canResume(): boolean {
    return this.#canResume;
  }

  /** The entries were published, or rejected for good. */
  published(entries: readonly BacklogEntry[]): void {
    const last = entries.findLast(({ cursor }) => cursor !== undefined);
    this.#cursor = last?.cursor;
    this.#save(entries.at(-1)?.at ?? Date.now());
    // Only after it is written: the server does not send again what is acknowledged.
    if (last?.cursor !== undefined) last.acknowledge?.(last.cursor);
  }

  /** Everything that arrived is published: nothing is missing up to now. */
  finish(): void {
    this.#save(Date.now());
  }

  #save(at: number): void {
    if (this.#state === undefined) return;
    const saved = this.#state.save({ cursor: this.#cursor, at: new Date(at).toISOString() });
    // The relay goes on: what the file does not have is delivered again, and recognised as a duplicate.
    if (!saved.ok && !this.#writeFails) {
      this.#report.say(`warning: the state file cannot be written: ${saved.failure.message}`);
    }
    this.#writeFails = !saved.ok;
    this.#canResume = saved.ok && this.#cursor !== undefined;
  }
}
