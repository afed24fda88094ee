/** What the head of a region knows of the stock sockets that its shards have with one subscription and one owner: numbers. */

import { MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';

/** When a join is written again that is so old. It tells when all sockets have ended. */
const JOIN_STEP_MS = 60 * 60 * 1000;

/** The shards that may have such sockets, as they are stored. */
type Stored = readonly (readonly [
  shard: number,
  life: number,
  sockets: number,
  joinedAt: number,
])[];

/** As it is stored of none. */
export const NO_SHARDS = '[]';

/** Of a hub, which has its own sockets only. */
export const NO_LIVES: Lives = { of: () => 0 };

interface Place {
  /** Of the shard, when they joined. */
  life: number;
  /** At least as many as are open at once. */
  sockets: number;
  /** When the last of them joined, within an hour. Unix milliseconds. */
  joinedAt: number;
}

/** Since when each shard has its sockets: `ShardReport.life`. */
export interface Lives {
  of(shard: number): number;
}

/** Sockets of which nobody saw the end. */
export interface Missing {
  readonly sockets: number;
  /** Unix milliseconds. */
  readonly lostAt: number;
}

export class ShardSockets {
  readonly #places: Map<number, Place>;
  readonly #lives: Lives;

  constructor(stored: string, lives: Lives) {
    this.#lives = lives;
    this.#places = new Map(
      (JSON.parse(stored) as Stored).map(([shard, life, sockets, joinedAt]) => [
        shard,
        { life, sockets, joinedAt },
      ]),
    );
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** When all have ended, if no other joins. Unix milliseconds. */
  get endBy(): number {
    return Math.max(0, ...[...this.#places.values()].map(endOf));
  }

  stored(): string {
    const stored: Stored = [...this.#places].map(([shard, { life, sockets, joinedAt }]) => [
      shard,
      life,
      sockets,
      joinedAt,
    ]);
    return JSON.stringify(stored);
  }

  /** Forgets those of shards that have lost them, and those whose time is over. */
  takeMissing(now: number): Missing[] {
    const missing: Missing[] = [];
    for (const [shard, place] of this.#places) {
      const life = this.#lives.of(shard);
      const isLost = place.life < life;
      if (!isLost && endOf(place) > now) continue;
      this.#places.delete(shard);
      missing.push({ sockets: place.sockets, lostAt: isLost ? life : endOf(place) });
    }
    return missing;
  }

  /** @param open those that the shard has, with the one that joins */
  joined(shard: number, open: number, now: number): void {
    const life = this.#lives.of(shard);
    const place = this.#places.get(shard) ?? { life, sockets: 0, joinedAt: now };
    this.#places.set(shard, place);
    place.life = life;
    // Half as many more, so that a crowd that grows writes seldom.
    if (open > place.sockets) place.sockets = open + Math.floor((open - 1) / 2);
    if (place.joinedAt + JOIN_STEP_MS <= now) place.joinedAt = now;
  }

  /** All that a shard had have ended. */
  left(shard: number): void {
    this.#places.delete(shard);
  }
}

function endOf({ joinedAt }: Place): number {
  return joinedAt + JOIN_STEP_MS + MAX_SUBSCRIPTION_MS;
}
