/** A clock that goes on when the steps of a vector say so. */

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export class SteppedClock {
  #now = 0;
  #timers: Timer[] = [];
  #changed: () => void = () => undefined;

  now = (): number => this.#now;

  schedule = (callback: () => void, milliseconds: number): (() => void) => {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.push(timer);
    this.#changed();
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  };

  /** Lets time go by, and happen what is due. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
  }

  /** Lets time go by until the next timer rings. @returns how long that was */
  async advanceToNext(): Promise<number> {
    while (this.#timers.length === 0) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    const wait = Math.min(...this.#timers.map(({ at }) => at)) - this.#now;
    this.advance(wait);
    return wait;
  }
}
