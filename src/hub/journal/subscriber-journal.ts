/**
 * The journal of a hub as those need it that serve subscribers, or feed replicas. The hub has all of it, and answers at once.
 * A replica has the newest part, or what it wants of that, and fetches the rest from its parent.
 */

import type { EventFacts } from '../../event/facts.ts';
import type { FeedSlice } from '../../objects/hub-contract.ts';
import type { JournalFacts, Located, LocateQuery } from '../../objects/replica-contract.ts';
import type { JournalEntry } from './record.ts';

export interface SubscriberJournal extends Searchable, JournalFacts {
  readonly facts: JournalFacts;
  /** The last sequence that subscribers may see: of a trimmed event if none is retained. */
  readonly last: number;
  /** Bytes that are read to find an event by its id, beyond those of the newest events, which are in memory. */
  readonly bytesToSearch: number;
  /** The bytes after a sequence, about. */
  bytesAfter(sequence: number): number;
  /**
   * Whether everything accepted since a time is retained.
   *
   * @param tolerance milliseconds by which the time may be before the journal was created: clocks differ
   */
  isCompleteSince(time: number, tolerance: number): boolean;
  /**
   * Makes what follows a sequence readable in the turn in which this resolves. How much that is may differ.
   *
   * @returns undefined if it is readable now
   */
  load(after: number): Promise<void> | undefined;
  /** The entries after a sequence, in order: at most so many, and no more bytes if there are several. */
  read(after: number, maxEntries: number, maxBytes: number): JournalPage;
  /** The same as records, to be stored elsewhere. */
  readPart(after: number, maxRecords: number, maxBytes: number): JournalPart;
  /** Finds positions in the whole journal. */
  locate(query: LocateQuery): Promise<Located>;
}

/** What can be found in a journal by ids and times. */
export interface Searchable {
  /**
   * The oldest events with this id, of any publisher, oldest first.
   *
   * @returns undefined if the journal cannot tell at once. Then `locate` finds them
   */
  oldestWithId(id: string): readonly LocatedEvent[] | undefined;
  /** The last sequence that was accepted before a time, in Unix milliseconds; undefined as well. */
  lastBefore(time: number): number | undefined;
}

export interface LocatedEvent {
  readonly sequence: number;
  readonly facts: EventFacts;
}

/** Entries in order. */
export interface JournalPage {
  readonly entries: readonly JournalEntry[];
  /** Of their keys and frames. */
  readonly bytes: number;
  /** The last sequence that was looked at. It is not that of the last entry if a replica does not want what follows it. */
  readonly through: number;
}

/** A part of the journal, as records. */
export interface JournalPart {
  /** The sequence that it follows: more than was asked for if what is between is not retained. */
  readonly after: number;
  /** The last sequence that was looked at. */
  readonly through: number;
  readonly slices: readonly FeedSlice[];
  /** Whether events of the part may be lost. */
  readonly isMissing: boolean;
}
