/** What stands in the journal of a hub: postings as they are stored, and what is read of them. */
import { type EventFacts, factsOf } from '../../event/facts.ts';
import { logError } from '../../lib/log.ts';
import type { GapReason } from '../../wire/carillon-v1/messages.ts';
import { Frame } from '../../wire/frame.ts';

/** What is appended. */
export type Posting = {
  /** Begins with the id of the event and a newline. A second one with the same key is a duplicate. */
  readonly key: string;
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  /** The JSON frame; null for a note that events are missing here. */
  readonly json: string | null;
};

/** A posting in its place. */
export type Row = Posting & { readonly sequence: number };

/** A row, read. */
export type Entry = JournaledEvent | JournaledGap;

export interface JournaledEvent {
  readonly sequence: number;
  readonly facts: EventFacts;
  readonly frame: Frame;
}

export interface JournaledGap {
  readonly sequence: number;
  readonly gap: GapReason;
  /** The hub whose events are missing; undefined where it may be any. */
  readonly hub: string | undefined;
}

const GAP_KEY = /^\n([^\n]*)\n/;

/**
 * A note that events are missing. The key of an event begins with its id, which is never empty, so no
 * event has such a key.
 */
export function gapPosting(hub: string, distinction: string, acceptedAt: number): Posting {
  return { key: `\n${hub}\n${distinction}`, acceptedAt, json: null };
}

/** Reads a row. What cannot be read is a gap: those whom it may concern are told. */
export function entryOf(row: Row): Entry {
  const { sequence, key, json } = row;
  if (json === null) return { sequence, gap: 'feed_lost', hub: GAP_KEY.exec(key)?.[1] };
  const frame = new Frame(json);
  try {
    return { sequence, facts: factsOf(frame.event), frame };
  } catch (error) {
    logError(`the event ${sequence} of the journal cannot be read`, error);
    return { sequence, gap: 'unreadable', hub: undefined };
  }
}
