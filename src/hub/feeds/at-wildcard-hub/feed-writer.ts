/** Appends what hubs feed to the journal of a wildcard hub, delivers it, and feeds its regions. */

import { countOf } from '../../../event/event-batch.ts';
import type { FeedPosition } from '../../../objects/hub-contract.ts';
import type { FanOut } from '../../delivery/fan-out.ts';
import type { Journal } from '../../journal/journal.ts';
import { entriesOf, gapRecord, type NewRecords } from '../../journal/record.ts';
import type { ReplicaFeeds } from '../../shards/at-parent/replica-feeds.ts';
import type { FeedPositions } from './feed-positions.ts';

interface FeedWriterParts {
  readonly ctx: DurableObjectState;
  readonly journal: Journal;
  readonly positions: FeedPositions;
  readonly fanOut: FanOut;
  readonly replicaFeeds: ReplicaFeeds;
}

export class FeedWriter {
  readonly #parts: FeedWriterParts;

  constructor(parts: FeedWriterParts) {
    this.#parts = parts;
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
    const { journal, fanOut, replicaFeeds } = this.#parts;
    const added = records.filter((each) => countOf(each) > 0);
    const before = journal.last;
    let sequences: (number | undefined)[][];
    try {
      sequences = journal.transaction(() => {
        change();
        if (added.length > 0) return this.#append(added, positions);
        for (const [hub, position] of positions) this.#parts.positions.put(hub, position);
        return [];
      });
    } catch (error) {
      this.#parts.positions.forget();
      throw error;
    }
    const guarded = added.length > 0 ? replicaFeeds.guard(before) : undefined;
    replicaFeeds.feed();
    const delivered = fanOut.hasSubscribers
      ? fanOut.deliver(added.flatMap((each, i) => entriesOf(each, sequences[i] ?? [])))
      : undefined;
    return guarded === undefined ? delivered : both(guarded, delivered);
  }

  #append(
    records: readonly NewRecords[],
    positions: ReadonlyMap<string, FeedPosition>,
  ): (number | undefined)[][] {
    const { journal, positions: known } = this.#parts;
    const sequences = journal.appendWithNote(
      records,
      known.areInDoubt ? 'new ones' : 'all',
      known.noteWith(positions),
    );
    // The note is stored with the records, and there may be none.
    const isStored = sequences.some((each) => each.some((sequence) => sequence !== undefined));
    if (!isStored) for (const [hub, position] of positions) known.put(hub, position);
    return sequences;
  }

  /** Notes that events of a hub may be missing. */
  appendGap(hub: string): void {
    const delivered = this.append([gapRecord(hub, Date.now())], new Map());
    this.#parts.ctx.waitUntil(Promise.resolve(delivered));
  }
}

async function both(first: Promise<void>, second: Promise<void> | undefined): Promise<void> {
  await first;
  await second;
}
