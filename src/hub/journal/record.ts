/** Records are what a journal stores. Decoded, a record is an entry: an event, or a gap where events are missing. */
import { type EventFacts, factsOf } from '../../event/facts.ts';
import { logError } from '../../lib/log.ts';
import type { GapReason } from '../../wire/carillon-v1/messages.ts';
import { Frame } from '../../wire/frame.ts';
import { utf8Length } from '../../wire/utf8.ts';

/** A record to append. */
export type NewRecord = {
  /** Begins with the event id and a newline. A second record with the same key is a duplicate. */
  readonly key: string;
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  /** The JSON frame; null for a gap. */
  readonly json: string | null;
};

/** As it is stored, and as it is sent to wildcard hubs: a new member changes `FEED_FORMAT` too (`objects/hub-contract.ts`). */
export type StoredRecord = NewRecord & { readonly sequence: number };

/** What is stored of a record apart from its key and its frame. */
export type RecordInfo = {
  readonly sequence: number;
  readonly acceptedAt: number;
  /** The bytes of all records up to this one, trimmed ones included. */
  readonly totalBytes: number;
};

/** Records that follow each other. */
export interface RecordPage {
  readonly records: readonly StoredRecord[];
  readonly bytes: number;
}

export type JournalEntry = EventEntry | GapEntry;

export interface EventEntry {
  readonly sequence: number;
  readonly facts: EventFacts;
  readonly frame: Frame;
}

interface GapEntry {
  readonly sequence: number;
  readonly gap: GapReason;
  /** The hub whose events are missing; undefined if it may be any. */
  readonly hub: string | undefined;
}

/** The bytes of a record: those of its key and its frame. */
export function recordBytes(key: string, json: string | null): number {
  return utf8Length(key) + utf8Length(json ?? '');
}

const GAP_KEY = /^\n([^\n]*)\n/;

/** A record of a gap. The key of an event begins with its id, which is never empty, so no event has such a key. */
export function gapRecord(hub: string, distinction: string, acceptedAt: number): NewRecord {
  return { key: `\n${hub}\n${distinction}`, acceptedAt, json: null };
}

/** A record that cannot be decoded becomes a gap, so that subscribers are told that an event is missing. */
export function decodeRecord({ sequence, key, json }: StoredRecord): JournalEntry {
  if (json === null) return { sequence, gap: 'feed_lost', hub: GAP_KEY.exec(key)?.[1] };
  const frame = new Frame(json);
  try {
    return { sequence, facts: factsOf(frame.event), frame };
  } catch (error) {
    logError(`the event ${sequence} of the journal cannot be read`, error);
    return { sequence, gap: 'unreadable', hub: undefined };
  }
}
