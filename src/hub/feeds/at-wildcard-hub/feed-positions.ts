/** How far a wildcard hub has the journal of each hub. */
import type { FeedPosition } from '../../../objects/hub-contract.ts';

export class FeedPositions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Undefined if it has nothing of this journal. */
  get(hub: string): FeedPosition | undefined {
    return this.#sql
      .exec<{ epoch: string; taken: number }>(
        'SELECT epoch, taken FROM feed_positions WHERE hub = ?',
        hub,
      )
      .toArray()[0];
  }

  put(hub: string, { epoch, taken }: FeedPosition): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO feed_positions (hub, epoch, taken) VALUES (?, ?, ?)',
      hub,
      epoch,
      taken,
    );
  }

  delete(hub: string): void {
    this.#sql.exec('DELETE FROM feed_positions WHERE hub = ?', hub);
  }
}

/**
 * Whether events are missing if the journal of a hub continues after a sequence.
 *
 * @param position how far its journal was taken
 */
export function isMissing(
  position: FeedPosition | undefined,
  epoch: string,
  after: number,
): boolean {
  if (position === undefined) return after > 0;
  return position.epoch !== epoch || position.taken < after;
}
