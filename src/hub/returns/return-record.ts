/**
 * What a hub, or the head of a region, knows of the stock sockets that have one subscription and one owner. They cannot be
 * told apart: one that returns may follow any of those that were lost. A head also has those of its shards, as numbers.
 */

import { MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';
import type { EndedReturns } from '../../objects/replica-contract.ts';
import { MAX_CUTS_PER_RETURN } from '../limits.ts';
import { isOpen } from '../subscribers/subscription-classes.ts';
import { type Lives, ShardSockets } from './shard-sockets.ts';

/** As it is stored. */
export type ReturnRow = {
  readonly owner: string;
  /** The sequence after which the first socket of an unbroken chain began. */
  readonly floor: number;
  /** At least as many sockets as were open here at once; 0 when the last has ended. */
  sockets: number;
  /** Sockets that were lost, and that no other has followed yet. */
  lost: number;
  /** When the last of them was lost. Unix milliseconds. */
  lost_at: number;
  /** Where sockets were cut whose clients have everything before: sequences, sorted, as JSON. */
  cuts: string;
  /** The sockets at shards: `shard-sockets.ts`. */
  shards: string;
};

export class ReturnRecord {
  readonly row: ReturnRow;
  readonly #open: Set<WebSocket>;
  readonly #shards: ShardSockets;

  /**
   * @param open its sockets that are open here
   * @param hubSince since when the hub sees its sockets end
   */
  constructor(row: ReturnRow, open: readonly WebSocket[], hubSince: number, lives: Lives) {
    this.row = row;
    this.#open = new Set(open);
    this.#shards = new ShardSockets(row.shards, lives);
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

  /** Whether all that is known is stored. Then it can be read again. */
  get isStored(): boolean {
    return this.row.sockets === 0 && this.#open.size === 0;
  }

  /** When nobody can return any more, as far as that is known. Unix milliseconds. */
  endBy(now: number, windowMs: number): number {
    const { sockets, lost_at } = this.row;
    const own = sockets > 0 ? now + MAX_SUBSCRIPTION_MS : lost_at + windowMs;
    return Math.max(own, this.#shards.endBy);
  }

  /** Whether nobody can return any more. */
  isOver(now: number, windowMs: number): boolean {
    const { row } = this;
    this.#countMissing(now);
    if (row.lost_at + windowMs <= now) {
      row.lost = 0;
      row.cuts = NO_CUTS;
    }
    const hasOpen = this.#hasOpen(now) || !this.#shards.isEmpty;
    return !hasOpen && row.lost === 0 && row.cuts === NO_CUTS;
  }

  #countMissing(now: number): void {
    for (const { sockets, lostAt } of this.#shards.takeMissing(now)) {
      this.row.lost += sockets;
      this.row.lost_at = Math.max(this.row.lost_at, lostAt);
      this.row.shards = this.#shards.stored();
    }
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
    this.#follow(cut);
    // Half as many more, so that a crowd that grows writes seldom.
    const { size } = this.#open;
    if (size > sockets) row.sockets = size + Math.floor((size - 1) / 2);
    return row.sockets !== sockets || row.lost !== lost || row.cuts !== cuts;
  }

  /**
   * A shard is about to accept a socket.
   *
   * @param open those that it has, with this one
   * @param follows whether it follows one that was lost, if there is one; false if it may be counted as such already
   * @returns whether the row has changed
   */
  joinedAt(shard: number, open: number, follows: boolean, now: number): boolean {
    return this.#changes(() => {
      if (follows) this.#follow(this.cut);
      this.#shards.joined(shard, open, now);
    });
  }

  /** Sockets at a shard have ended. @returns whether the row has changed */
  endedAt(shard: number, { open, lost, cuts }: EndedReturns, now: number): boolean {
    return this.#changes(() => {
      if (lost > 0) this.#lose(now, lost);
      for (const cut of cuts) this.#cutAt(cut);
      if (open === 0) this.#shards.left(shard);
    });
  }

  #changes(change: () => void): boolean {
    const before = JSON.stringify(this.row);
    change();
    this.row.shards = this.#shards.stored();
    return JSON.stringify(this.row) !== before;
  }

  /** One that returns follows one that was cut, or another that was lost. */
  #follow(cut: number | undefined): void {
    if (cut !== undefined) this.#setCuts(this.#cuts.toSpliced(this.#cuts.indexOf(cut), 1));
    else if (this.row.lost > 0) this.row.lost--;
  }

  /**
   * A socket has ended.
   *
   * @param cut where it was cut, if its client has everything before
   * @returns whether the row is to be stored: for the first that is lost, for the last of all, and if one that was taken for lost
   * has left
   */
  ended(socket: WebSocket, isLost: boolean, cut: number | undefined, now: number): boolean {
    const { row } = this;
    // One that is not open when another ends is taken for lost.
    const isCounted = !this.#open.delete(socket);
    if (isLost && !isCounted) this.#lose(now);
    const wasMistaken = !isLost && isCounted && row.lost > 0;
    if (wasMistaken) row.lost--;
    if (cut !== undefined) this.#cutAt(cut);
    const isLast = row.sockets > 0 && !this.#hasOpen(now);
    if (isLast) row.sockets = 0;
    return isLast || wasMistaken || cut !== undefined || row.lost === 1;
  }

  #cutAt(cut: number): void {
    if (this.row.lost === 0) return;
    this.row.lost--;
    this.#setCuts([...this.#cuts, cut].toSorted((a, b) => a - b).slice(0, MAX_CUTS_PER_RETURN));
  }

  #lose(now: number, sockets = 1): void {
    this.row.lost += sockets;
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
