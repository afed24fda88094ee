/**
 * What a wildcard hub remembers of each hub: how far it has its journal. Of one that it knows nothing of, it has
 * had nothing.
 */
import type { FeedPosition } from '../../objects/hub-contract.ts';

export class Feeders {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(hub: string): FeedPosition | undefined {
    return this.#sql
      .exec<{ epoch: string; taken: number }>('SELECT epoch, taken FROM feeders WHERE hub = ?', hub)
      .toArray()[0];
  }

  put(hub: string, { epoch, taken }: FeedPosition): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO feeders (hub, epoch, taken) VALUES (?, ?, ?)',
      hub,
      epoch,
      taken,
    );
  }

  /** Whether events are missing here when the journal of a hub goes on after a place. */
  lacks(hub: string, epoch: string, after: number): boolean {
    const fed = this.get(hub);
    if (fed === undefined) return after > 0;
    return fed.epoch !== epoch || fed.taken < after;
  }

  delete(hub: string): void {
    this.#sql.exec('DELETE FROM feeders WHERE hub = ?', hub);
  }
}
