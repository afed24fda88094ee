/**
 * What a hub knows of the stock sockets that have one subscription and one owner. They cannot be told apart: one that
 * returns may follow any of those that were lost.
 */

import { MAX_CUTS_PER_RETURN } from '../limits.ts';
import { isOpen } from '../subscribers/subscription-classes.ts';

/** As it is stored. */
export type ReturnRow = {
  readonly owner: string;
  /** The sequence after which the first socket of an unbroken chain began. */
  readonly floor: number;
  /** At least as many sockets as were open at once; 0 when the last has ended. */
  sockets: number;
  /** Sockets that were lost, and that no other has followed yet. */
  lost: number;
  /** When the last of them was lost. Unix milliseconds. */
  lost_at: number;
  /** Where sockets were cut whose clients have everything before: sequences, sorted, as JSON. */
  cuts: string;
};

export class ReturnRecord {
  readonly row: ReturnRow;
  readonly #open: Set<WebSocket>;

  /**
   * @param open its sockets that are open
   * @param hubSince since when the hub sees its sockets end
   */
  constructor(row: ReturnRow, open: readonly WebSocket[], hubSince: number) {
    this.row = row;
    this.#open = new Set(open);
    const missing = row.sockets - open.length;
    // A crash, or a deployment, closes sockets while nobody sees it, and not every loss is stored.
    if (row.sockets > 0 && open.length === 0) {
      row.sockets = 0;
      row.lost += missing;
      row.lost_at = hubSince;
    } else if (row.lost > 0) {
      row.lost = Math.max(row.lost, missing);
    }
  }

  /** Where the next client goes on, after one that was cut; undefined if one that was lost in another way may return. */
  get cut(): number | undefined {
    return this.row.lost === 0 ? this.#cuts[0] : undefined;
  }

  /** Whether a socket seems to be open. Takes constant time, seen over the life of the sockets. */
  #hasOpen(now: number): boolean {
    for (const socket of this.#open) {
      if (isOpen(socket)) return true;
      // The hub has closed it.
      this.#open.delete(socket);
      this.#lose(now);
    }
    return false;
  }

  /** Whether nobody can return any more. */
  isOver(now: number, windowMs: number): boolean {
    const { row } = this;
    if (row.lost_at + windowMs <= now) {
      row.lost = 0;
      row.cuts = NO_CUTS;
    }
    return !this.#hasOpen(now) && row.lost === 0 && row.cuts === NO_CUTS;
  }

  /**
   * A socket was accepted.
   *
   * @param cut where it goes on, if that is where another was cut
   * @returns whether the row has changed
   */
  joined(socket: WebSocket, cut: number | undefined): boolean {
    const { row } = this;
    const { sockets, lost, cuts } = row;
    this.#open.add(socket);
    if (cut !== undefined) this.#setCuts(this.#cuts.toSpliced(this.#cuts.indexOf(cut), 1));
    else if (lost > 0) row.lost--;
    // Half as many more, so that a crowd that grows writes seldom.
    const { size } = this.#open;
    if (size > sockets) row.sockets = size + Math.floor((size - 1) / 2);
    return row.sockets !== sockets || row.lost !== lost || row.cuts !== cuts;
  }

  /**
   * A socket has ended.
   *
   * @param cut where it was cut, if its client has everything before
   * @returns whether the row is to be stored: for the first that is lost, and for the last of all
   */
  ended(socket: WebSocket, isLost: boolean, cut: number | undefined, now: number): boolean {
    const { row } = this;
    const isCounted = !this.#open.delete(socket);
    if (isLost && !isCounted) this.#lose(now);
    if (cut !== undefined && row.lost > 0) {
      row.lost--;
      this.#setCuts([...this.#cuts, cut].toSorted((a, b) => a - b).slice(0, MAX_CUTS_PER_RETURN));
    }
    const isLast = row.sockets > 0 && !this.#hasOpen(now);
    if (isLast) row.sockets = 0;
    return isLast || cut !== undefined || row.lost === 1;
  }

  #lose(now: number): void {
    this.row.lost++;
    this.row.lost_at = now;
  }

  get #cuts(): number[] {
    return JSON.parse(this.row.cuts) as number[];
  }

  #setCuts(cuts: readonly number[]): void {
    this.row.cuts = JSON.stringify(cuts);
  }
}

export const NO_CUTS = '[]';
