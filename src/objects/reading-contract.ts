/** What hubs answer to the destinations that read their journals. */

import type { FeedPosition } from './hub-contract.ts';
import type { HistoryPage } from './replica-contract.ts';

/** What the hub of one event-type namespace answers. */
export interface ReadableContract {
  /**
   * Reads events for a destination: all of them, also those that it does not want. Creates nothing. Release 0.2 lacks this.
   *
   * @param owner whose share it uses of what is read
   * @returns undefined if the hub never had a journal, or has lost it
   */
  readFor(
    owner: string,
    from: ReadingStart,
    maxEvents: number,
    maxBytes: number,
  ): Promise<DestinationPage | undefined>;
}

/** Where a destination goes on. */
export interface ReadingStart {
  /** How far it has the journal; undefined if it has read nothing, and wants everything. */
  readonly position: FeedPosition | undefined;
  /**
   * It wants what was accepted at this time or later, also again. It is never led forward from its position. Unix milliseconds;
   * 0 for the oldest event.
   */
  readonly since: number | undefined;
}

/** A part of the journal, from where the destination goes on. */
export interface DestinationPage extends HistoryPage {
  /** The sequence after which it goes on. `after` is higher if what is between is not retained. */
  readonly start: number;
  /** The last sequence of the journal. */
  readonly last: number;
}
