import type { ShardReport } from '../../../objects/replica-contract.ts';
import type { Lives } from '../../returns/shard-sockets.ts';

/** What the head of a region knows of the numbers in the reports of its shards. */
export class ShardLives implements Lives {
  readonly #sql: SqlStorage;
  /** Undefined until they were read. */
  #lives: Map<number, number> | undefined;
  /** Of the newest report of each shard, since this object woke. */
  readonly #sequences = new Map<number, number>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  of(shard: number): number {
    return this.#stored().get(shard) ?? 0;
  }

  /**
   * A shard has reported.
   *
   * @returns whether it has reported nothing later. Then all that this report tells was told again
   */
  isNewest(shard: number, { life, sequence }: ShardReport): boolean {
    const known = this.of(shard);
    if (life < known || sequence < (this.#sequences.get(shard) ?? 0)) return false;
    if (life > known) {
      this.#sql.exec('INSERT OR REPLACE INTO shard_lives VALUES (?, ?)', shard, life);
      this.#stored().set(shard, life);
    }
    this.#sequences.set(shard, sequence);
    return true;
  }

  #stored(): Map<number, number> {
    this.#lives ??= new Map(
      this.#sql
        .exec<{ shard: number; life: number }>('SELECT shard, life FROM shard_lives')
        .toArray()
        .map(({ shard, life }) => [shard, life]),
    );
    return this.#lives;
  }
}
