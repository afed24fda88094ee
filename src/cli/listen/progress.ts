/** The position after the last event that was processed, in memory and in the state file. */
import { status } from '../command/command.ts';
import type { PositionFile } from '../server/position-file.ts';

export class Progress {
  readonly #state: PositionFile | undefined;
  #cursor: string | undefined;
  #writeFails = false;

  /** @param state undefined if the position is not kept */
  constructor(state: PositionFile | undefined) {
    this.#state = state;
  }

  reached(cursor: string | undefined): void {
    this.#cursor = cursor;
    const saved = this.#state?.save({ cursor, at: new Date().toISOString() });
    // The command goes on: what the file does not have is delivered again.
    if (saved?.ok === false && !this.#writeFails) {
      status(`warning: the state file cannot be written: ${saved.failure.message}`);
    }
    this.#writeFails = saved?.ok === false;
  }

  /** How to go on after the command has ended; undefined if no position was reached. */
  resumption(): string | undefined {
    if (this.#cursor === undefined) return undefined;
    const isKept = this.#state !== undefined && !this.#writeFails;
    return isKept
      ? 'the next start with this state file resumes there'
      : `to resume there, give --since ${this.#cursor}`;
  }
}
