/**
 * How far a wildcard hub has the journal of each hub. Most positions are in a table. Those that changed last are in the note
 * of the journal: they are stored in the row of what was appended, and cost no row of their own.
 */
import { logError } from '../../../lib/log.ts';
import type { FeedPosition } from '../../../objects/hub-contract.ts';
import type { Journal } from '../../journal/journal.ts';
import { MAX_NOTED_POSITIONS } from '../../limits.ts';

/** Stands for a hub, which always has a name: positions were lost once, so hubs may feed again what they have fed. */
const IN_DOUBT = '';

export class FeedPositions {
  readonly #sql: SqlStorage;
  readonly #journal: Journal;
  /** By the name of the hub. They count more than those of the table. Read when they are first needed. */
  #inNote: Map<string, FeedPosition> | undefined;
  #areInDoubt: boolean | undefined;

  constructor(sql: SqlStorage, journal: Journal) {
    this.#sql = sql;
    this.#journal = journal;
  }

  /** Whether what a hub feeds may be in the journal already. */
  get areInDoubt(): boolean {
    this.#areInDoubt ??= this.get(IN_DOUBT) !== undefined;
    return this.#areInDoubt;
  }

  /** Undefined if it has nothing of this journal. */
  get(hub: string): FeedPosition | undefined {
    return (
      this.#noted().get(hub) ??
      this.#sql
        .exec<{ epoch: string; taken: number }>(
          'SELECT epoch, taken FROM feed_positions WHERE hub = ?',
          hub,
        )
        .toArray()[0]
    );
  }

  put(hub: string, { epoch, taken }: FeedPosition): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO feed_positions (hub, epoch, taken) VALUES (?, ?, ?)',
      hub,
      epoch,
      taken,
    );
    this.#unnote(hub);
  }

  delete(hub: string): void {
    this.#sql.exec('DELETE FROM feed_positions WHERE hub = ?', hub);
    this.#unnote(hub);
  }

  /**
   * The note that stores these positions, for the caller to append in the same transaction. If there are too many for a
   * note, those before them go to the table.
   */
  noteWith(positions: ReadonlyMap<string, FeedPosition>): string {
    const noted = this.#noted();
    for (const [hub, position] of positions) noted.set(hub, position);
    if (noted.size > MAX_NOTED_POSITIONS) {
      for (const [hub, position] of [...noted]) {
        noted.delete(hub);
        this.put(hub, position);
      }
    }
    return noteOf(noted);
  }

  /** To be called if a change was rolled back. */
  forget(): void {
    this.#inNote = undefined;
    this.#areInDoubt = undefined;
  }

  #unnote(hub: string): void {
    const noted = this.#noted();
    if (!noted.has(hub)) return;
    const others = new Map(noted);
    others.delete(hub);
    this.#journal.setNote(noteOf(others));
    // Only now: the disk may be full.
    this.#inNote = others;
  }

  #noted(): Map<string, FeedPosition> {
    this.#inNote ??= positionsIn(this.#journal.note);
    return this.#inNote;
  }
}

/** If a note is damaged, hubs feed again what they have fed, and the wildcard hub looks for duplicates from then on. */
function positionsIn(note: string): Map<string, FeedPosition> {
  if (note === '') return new Map();
  try {
    return new Map(JSON.parse(note) as readonly [string, FeedPosition][]);
  } catch (error) {
    logError('it cannot be read how far the journals of hubs were taken', error);
    return new Map([[IN_DOUBT, { epoch: '', taken: 0 }]]);
  }
}

function noteOf(positions: ReadonlyMap<string, FeedPosition>): string {
  return positions.size === 0 ? '' : JSON.stringify([...positions]);
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
