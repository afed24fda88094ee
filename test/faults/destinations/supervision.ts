/** What an operator would do during a run: resumes what is paused, and notes answers that came too late. */
import type { Control, ShownAttempt } from './control.ts';
import type { Planned } from './plan.ts';
import { ANSWER_TIMEOUT_MS } from './times.ts';

/** The server shows the last hundred attempts: none makes as many within this time. */
const LOOK_MS = 1500;

export class Supervision {
  readonly #control: Control;
  readonly #planned: readonly Planned[];
  readonly #seen = new Map<string, Map<string, ShownAttempt>>();
  #isOver = false;
  #looking: Promise<void> | undefined;

  constructor(control: Control, planned: readonly Planned[]) {
    this.#control = control;
    this.#planned = planned;
  }

  begin(): void {
    this.#looking = this.#goOn();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#looking;
  }

  /** The attempts of a destination that were seen, in no order. */
  attempts(name: string): readonly ShownAttempt[] {
    return [...(this.#seen.get(name)?.values() ?? [])];
  }

  /**
   * Attempts that lasted as long as the server waits. On a busy machine that happens to receivers that answer at once: they took
   * the batch, and the server does not know it.
   */
  late(name: string): number {
    return this.attempts(name).filter(({ duration_ms }) => duration_ms >= ANSWER_TIMEOUT_MS).length;
  }

  async look(): Promise<void> {
    for (const each of this.#planned) {
      await this.#control.resume(each);
      const seen = this.#seen.get(each.name) ?? new Map<string, ShownAttempt>();
      this.#seen.set(each.name, seen);
      for (const attempt of await this.#control.attempts(each)) {
        seen.set(`${attempt.time} ${attempt.batch} ${attempt.attempt}`, attempt);
      }
    }
  }

  async #goOn(): Promise<void> {
    while (!this.#isOver) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
