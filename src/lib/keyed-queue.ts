/** Conversations of which those with one partner follow each other, however the ones before ended. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>();
  /** Turns that have yet to begin, by partner and kind. */
  readonly #waiting = new Map<string, Promise<unknown>>();

  /** Whether one is under way or waits. */
  has(partner: string): boolean {
    return this.#last.has(partner);
  }

  /** Takes a turn of this kind, or joins the one that waits: what it will do serves both. */
  share(partner: string, kind: string, converse: () => Promise<void>): Promise<void> {
    const key = `${kind} ${partner}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting as Promise<void>;
    const begin = () => {
      this.#waiting.delete(key);
      return converse();
    };
    const turn = (this.#last.get(partner) ?? Promise.resolve()).then(begin, begin);
    this.#waiting.set(key, turn);
    this.#last.set(partner, turn);
    const end = () => {
      if (this.#last.get(partner) === turn) this.#last.delete(partner);
    };
    turn.then(end, end);
    return turn;
  }
}
