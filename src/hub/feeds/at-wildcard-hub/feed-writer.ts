/** Appends what hubs feed to the journal of a wildcard hub, and delivers it. */

import { countOf } from '../../../event/event-batch.ts';
import type { FeedPosition } from '../../../objects/hub-contract.ts';
import type { FanOut } from '../../delivery/fan-out.ts';
import type { Journal } from '../../journal/journal.ts';
import { entriesOf, gapRecord, type NewRecords } from '../../journal/record.ts';
import type { FeedPositions } from './feed-positions.ts';

export class FeedWriter {
  readonly #ctx: DurableObjectState;
  readonly #journal: Journal;
  readonly #positions: FeedPositions;
  readonly #fanOut: FanOut;

  constructor(ctx: DurableObjectState, journal: Journal, positions: FeedPositions, fanOut: FanOut) {
    this.#ctx = ctx;
    this.#journal = journal;
    this.#positions = positions;
    this.#fanOut = fanOut;
  }

  /**
   * Appends records, and stores in the same transaction how far the journals of the hubs have been taken. The hubs have
   * already decided what is a duplicate.
   *
   * @param positions that changed, by the name of the hub
   * @param change what else belongs to the transaction
   * @returns resolves when the records are delivered; undefined if they are already
   */
  append(
    records: readonly NewRecords[],
    positions: ReadonlyMap<string, FeedPosition>,
    change: () => void = () => undefined,
  ): Promise<void> | undefined {
    const added = records.filter((each) => countOf(each) > 0);
    let sequences: (number | undefined)[][];
    try {
      sequences = this.#journal.transaction(() => {
        change();
        if (added.length > 0) return this.#append(added, positions);
        for (const [hub, position] of positions) this.#positions.put(hub, position);
        return [];
      });
    } catch (error) {
      this.#positions.forget();
      throw error;
    }
    if (!this.#fanOut.hasSubscribers) return undefined;
    return this.#fanOut.deliver(added.flatMap((each, i) => entriesOf(each, sequences[i] ?? [])));
  }

  #append(
    records: readonly NewRecords[],
    positions: ReadonlyMap<string, FeedPosition>,
  ): (number | undefined)[][] {
    const { areInDoubt } = this.#positions;
    const sequences = this.#journal.appendWithNote(
      records,
      areInDoubt ? 'new ones' : 'all',
      this.#positions.noteWith(positions),
    );
    // The note is stored with the records, and there may be none.
    const isStored = sequences.some((each) => each.some((sequence) => sequence !== undefined));
    if (!isStored) for (const [hub, position] of positions) this.#positions.put(hub, position);
    return sequences;
  }

  /** Notes that events of a hub may be missing. */
  appendGap(hub: string): void {
    const delivered = this.append([gapRecord(hub, Date.now())], new Map());
    this.#ctx.waitUntil(Promise.resolve(delivered));
  }
}
