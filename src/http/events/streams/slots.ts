/**
 * The streams that this isolate has open, and whose they are. Each shows again and again that it is still
 * served, because the runtime can end a request without a word to its code.
 */

import { isWithinShare } from '../../../lib/fair-share.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { MAX_STREAMS, STREAM_BEAT_MS, STREAM_LOST_MS } from '../../limits.ts';

/** The place of one stream. */
export class Place {
  readonly owner: string;
  #isFree = false;
  /** When it was last seen to be served, in Unix milliseconds. */
  #seenAt = 0;
  /** How often a place had been missing then. */
  #shortages = 0;

  constructor(owner: string, now: number) {
    this.owner = owner;
    this.beat(now);
  }

  /**
   * The stream is still served.
   *
   * @returns whether somebody needed a place since the last beat: so find out whether its client is there
   */
  beat(now: number): boolean {
    const isNeeded = this.#shortages < shortages;
    this.#seenAt = now;
    this.#shortages = shortages;
    if (!this.#isFree) open.add(this);
    return isNeeded;
  }

  isLost(now: number): boolean {
    return now - this.#seenAt > STREAM_LOST_MS;
  }

  release(): void {
    this.#isFree = true;
    open.delete(this);
  }
}

const open = new Set<Place>();
let shortages = 0;

/**
 * Takes the place of one more stream. Where none is left, those that are open find out first whether their
 * clients are still there: a connection that its client has closed shows that only when it is written to.
 *
 * @param owner whose stream it is: one owner may have no more places than are free
 */
export async function takePlace(owner: string): Promise<Result<Place>> {
  if (!isFreeFor(owner)) {
    shortages++;
    await scheduler.wait(2 * STREAM_BEAT_MS);
    if (!isFreeFor(owner)) return invalid(whyNot(owner));
  }
  return ok(new Place(owner, Date.now()));
}

function isFreeFor(owner: string): boolean {
  const now = Date.now();
  for (const place of open) if (place.isLost(now)) open.delete(place);
  return isWithinShare(1, open.size, MAX_STREAMS, () => heldBy(owner));
}

function heldBy(owner: string): number {
  let held = 0;
  for (const place of open) if (place.owner === owner) held++;
  return held;
}

function whyNot(owner: string): string {
  return open.size < MAX_STREAMS
    ? `you have ${heldBy(owner)} streams here, and may have no more than are free of the ${MAX_STREAMS} that all share; close one, or try again`
    : `there are ${MAX_STREAMS} streams here already, as many as are allowed; try again`;
}
