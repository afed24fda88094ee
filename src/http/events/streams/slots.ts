/**
 * The streams that an isolate may have open, and their owners. Each stream reports regularly that it is still served,
 * because the runtime can end a request without telling its code.
 */

import { isWithinShare } from '../../../lib/fair-share.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { MAX_STREAMS, STREAM_BEAT_MS, STREAM_LOST_MS } from '../../limits.ts';

export interface Slot {
  /**
   * Reports that the stream is still served.
   *
   * @returns whether a client needed a slot since the last report, so that the stream has to find out whether its own
   *   client is still there
   */
  beat(now: number): boolean;
  release(): void;
}

interface OpenSlot {
  readonly owner: string;
  /** When the stream last reported. Unix milliseconds. */
  seenAt: number;
}

class StreamSlots {
  readonly #open = new Set<OpenSlot>();
  /** How often a slot was needed and none was free. */
  #shortages = 0;

  /**
   * If no slot is free, the open streams first find out whether their clients are still there: a connection that its
   * client has closed only shows that when it is written to.
   *
   * @param owner one owner may have no more slots than are free
   */
  async reserve(owner: string): Promise<Result<Slot>> {
    if (!this.#isFreeFor(owner)) {
      this.#shortages++;
      await scheduler.wait(2 * STREAM_BEAT_MS);
      if (!this.#isFreeFor(owner)) return invalid(this.#whyNot(owner));
    }
    return ok(this.#openSlot(owner));
  }

  #openSlot(owner: string): Slot {
    const slot = { owner, seenAt: Date.now() };
    let knownShortages = this.#shortages;
    let isReleased = false;
    this.#open.add(slot);
    return {
      beat: (now) => {
        const isNeeded = knownShortages < this.#shortages;
        knownShortages = this.#shortages;
        slot.seenAt = now;
        // It may have been taken for lost.
        if (!isReleased) this.#open.add(slot);
        return isNeeded;
      },
      release: () => {
        isReleased = true;
        this.#open.delete(slot);
      },
    };
  }

  #isFreeFor(owner: string): boolean {
    const now = Date.now();
    for (const slot of this.#open) {
      if (now - slot.seenAt > STREAM_LOST_MS) this.#open.delete(slot);
    }
    return isWithinShare(1, this.#open.size, MAX_STREAMS, () => this.#heldBy(owner));
  }

  #heldBy(owner: string): number {
    let held = 0;
    for (const slot of this.#open) if (slot.owner === owner) held++;
    return held;
  }

  #whyNot(owner: string): string {
    return this.#open.size < MAX_STREAMS
      ? `you have ${this.#heldBy(owner)} streams here, and may have no more than are free of the ${MAX_STREAMS} that all share; close one, or try again`
      : `there are ${MAX_STREAMS} streams here already, as many as are allowed; try again`;
  }
}

/** One for the isolate. */
export const streamSlots = new StreamSlots();
