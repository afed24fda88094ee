/**
 * Turns for those who read the past. However many do so at a time, one of them reads one page, and then the
 * hub sees to what else has come: so publishing waits for a page, not for all who come back.
 */
export class Pacer {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn, in the order of the calls. */
  turn(): Promise<void> {
    this.#last = this.#last.then(() => scheduler.wait(0));
    return this.#last;
  }
}
