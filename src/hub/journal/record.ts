/**
 * Records are what a journal stores: the key and the frame of an event, or the key of a gap, which has no frame. Read, a
 * record is an entry: an event, or a gap where events are missing.
 */

import { type EventBatch, eventBatch, frameAt, keyAt } from '../../event/event-batch.ts';
import { type EventFacts, factsOf } from '../../event/facts.ts';
import type { GapReason } from '../../wire/carillon-v1/messages.ts';
import { Frame } from '../../wire/frame.ts';
import { decodeJson } from '../../wire/json.ts';

/** Records to append, each with the time at which it was accepted, in Unix milliseconds. */
export interface NewRecords extends EventBatch {
  readonly acceptedAt: Float64Array;
}

export type JournalEntry = EventEntry | GapEntry;

/** An event. What decides who gets it is read from its frame when somebody needs it. */
export class EventEntry {
  readonly sequence: number;
  readonly frame: Frame;
  #facts: EventFacts | undefined;

  constructor(sequence: number, frame: Frame) {
    this.sequence = sequence;
    this.frame = frame;
  }

  /** The event itself is not retained: of most events nobody needs more than the facts. */
  get facts(): EventFacts {
    this.#facts ??= factsOf(decodeJson(this.frame.json));
    return this.#facts;
  }
}

interface GapEntry {
  readonly sequence: number;
  readonly gap: GapReason;
  /** The hub whose events are missing; undefined if it may be any. */
  readonly hub: string | undefined;
}

const GAP_KEY = /^\n([^\n]*)\n/;

/** The key of a gap that may be of any hub. */
export const LOST_KEY = '\n\n';

/**
 * A record of a gap. The key of an event begins with its id, which is never empty, so no event has such a key.
 *
 * @param acceptedAt in Unix milliseconds
 */
export function gapRecord(hub: string, acceptedAt: number): NewRecords {
  return {
    ...eventBatch([{ key: `\n${hub}\n`, json: '' }]),
    acceptedAt: Float64Array.of(acceptedAt),
  };
}

/** The entries of records that were appended. @param sequences of each; undefined for one that was not */
export function entriesOf(
  records: EventBatch,
  sequences: readonly (number | undefined)[],
): JournalEntry[] {
  return sequences.flatMap((sequence, i) => {
    if (sequence === undefined) return [];
    const json = frameAt(records, i);
    return json === ''
      ? gapEntry(sequence, keyAt(records, i))
      : new EventEntry(sequence, new Frame(json));
  });
}

/** Whether records with this key are never duplicates: it is not that of an event. */
export function isNoEventKey(key: string): boolean {
  return key === '' || key.startsWith('\n');
}

/** The entry of a record without a frame: a gap that was noted, or an event that could not be read when it was fed. */
export function gapEntry(sequence: number, key: string): GapEntry {
  const hub = GAP_KEY.exec(key)?.[1];
  return { sequence, gap: hub === undefined ? 'unreadable' : 'feed_lost', hub: hub || undefined };
}

/** Records of several journals, in the order in which they were accepted. */
export function inOrderOfTime(all: readonly NewRecords[]): NewRecords {
  const records = all
    .flatMap((from) =>
      Array.from(from.acceptedAt, (acceptedAt, i) => ({
        key: keyAt(from, i),
        json: frameAt(from, i),
        acceptedAt,
      })),
    )
    .sort((a, b) => a.acceptedAt - b.acceptedAt);
  return {
    ...eventBatch(records),
    acceptedAt: Float64Array.from(records, ({ acceptedAt }) => acceptedAt),
  };
}
