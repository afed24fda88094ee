/** What the head of a region knows of the stock sockets that its shards have with one subscription and one owner: numbers. */

import { MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';

/** A join is stored again if the stored one is older than this, because it tells when all sockets have ended. */
export const JOIN_STEP_MS = 60 * 60 * 1000;

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

/** The sockets at one shard. */
interface AtShard {
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
  readonly #byShard: Map<number, AtShard>;
  readonly #lives: Lives;

  constructor(stored: string, lives: Lives) {
    this.#lives = lives;
    this.#byShard = new Map(
      (JSON.parse(stored) as Stored).map(([shard, life, sockets, joinedAt]) => [
        shard,
        { life, sockets, joinedAt },
      ]),
    );
  }

  get isEmpty(): boolean {
    return this.#byShard.size === 0;
  }

  /** When all have ended, if no other joins. Unix milliseconds. */
  get endBy(): number {
    return Math.max(
      0,
      ...[...this.#byShard.values()].map(({ joinedAt }) => endOfSockets(joinedAt)),
    );
  }

  stored(): string {
    const stored: Stored = [...this.#byShard].map(([shard, { life, sockets, joinedAt }]) => [
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
    for (const [shard, { life, sockets, joinedAt }] of this.#byShard) {
      const present = this.#lives.of(shard);
      const isLost = life < present;
      const end = endOfSockets(joinedAt);
      if (!isLost && end > now) continue;
      this.#byShard.delete(shard);
      missing.push({ sockets, lostAt: isLost ? present : end });
    }
    return missing;
  }

  /** @param open those that the shard has, with the one that joins */
  joined(shard: number, open: number, now: number): void {
    const life = this.#lives.of(shard);
    const known = this.#byShard.get(shard) ?? { life, sockets: 0, joinedAt: now };
    this.#byShard.set(shard, known);
    known.life = life;
    // Half as many more, so that a crowd that grows writes seldom.
    if (open > known.sockets) known.sockets = open + Math.floor((open - 1) / 2);
    if (known.joinedAt + JOIN_STEP_MS <= now) known.joinedAt = now;
  }

  /** All that a shard had have ended. */
  left(shard: number): void {
    this.#byShard.delete(shard);
  }
}

/** When sockets have all ended. @param joinedAt when the last of them joined, as it is stored. Unix milliseconds */
export function endOfSockets(joinedAt: number): number {
  return joinedAt + JOIN_STEP_MS + MAX_SUBSCRIPTION_MS;
}
