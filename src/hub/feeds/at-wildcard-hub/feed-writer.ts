/** Appends what hubs feed to the journal of a wildcard hub, and delivers it. */

import { FEED_FORMAT, type FeedRecord } from '../../../objects/hub-contract.ts';
import type { FanOut } from '../../delivery/fan-out.ts';
import type { Journal } from '../../journal/journal.ts';
import { decodeRecord, gapRecord, type NewRecord } from '../../journal/record.ts';

export class FeedWriter {
  readonly #ctx: DurableObjectState;
  readonly #journal: Journal;
  readonly #fanOut: FanOut;

  constructor(ctx: DurableObjectState, journal: Journal, fanOut: FanOut) {
    this.#ctx = ctx;
    this.#journal = journal;
    this.#fanOut = fanOut;
  }

  /**
   * Appends records, and stores in the same transaction how far the journals of the hubs have been taken.
   *
   * @returns resolves when the records are delivered; undefined if they are already
   */
  append(records: readonly NewRecord[], storePositions: () => void): Promise<void> | undefined {
    const sequences = this.#journal.transaction(() => {
      storePositions();
      return this.#journal.append(records);
    });
    const entries = records.flatMap((record, index) => {
      const sequence = sequences[index];
      return sequence === undefined ? [] : [decodeRecord({ ...record, sequence })];
    });
    return this.#fanOut.deliver(entries);
  }

  /** Notes that events of a hub may be missing. */
  appendGap(hub: string): void {
    const gap = gapRecord(hub, crypto.randomUUID(), Date.now());
    this.#ctx.waitUntil(Promise.resolve(this.append([gap], () => undefined)));
  }
}

/** Throws if a hub sends a newer format than it was asked for. It repeats what failed. */
export function assertReadable(hub: string, { format }: { readonly format: number }): void {
  if (format > FEED_FORMAT) {
    throw new Error(`${hub} feeds in format ${format}, and format ${FEED_FORMAT} was requested`);
  }
}

/**
 * The record of a hub's event in this journal. Its key names its position in the journal of the hub, and not the event:
 * the hub has already decided what is a duplicate.
 */
export function fedRecord(
  hub: string,
  epoch: string,
  { key, sequence, acceptedAt, json }: FeedRecord,
): NewRecord {
  const [id] = key.split('\n', 1);
  return { key: `${id}\n${hub} ${epoch} ${sequence}`, acceptedAt, json };
}
