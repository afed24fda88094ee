/**
 * Reads the parts of a journal that replicas want. Replicas with equal interests that are equally far share what is read. An
 * event is decoded only if an interest does not cover everything.
 */

import { countOf, frameAt, keyAt } from '../../../event/event-batch.ts';
import { type EventFacts, factsOf } from '../../../event/facts.ts';
import { partOf } from '../../../objects/feed-slice.ts';
import type { FeedSlice } from '../../../objects/hub-contract.ts';
import { parseHubName } from '../../../objects/names.ts';
import type { InterestMatcher } from '../../../subscription/interest.ts';
import { decodeJson } from '../../../wire/json.ts';
import { gapEntry } from '../../journal/record.ts';
import type { JournalPart } from '../../journal/subscriber-journal.ts';
import { MAX_FEED_EVENTS, MAX_SHARED_PARTS } from '../../limits.ts';
import type { FeedSource } from './feed-source.ts';

/** What a replica wants, with a text that is equal for equal interests. */
export interface MatchedInterest extends InterestMatcher {
  readonly key: string;
}

export class PageBuilder {
  readonly #source: FeedSource;
  /** What was read last, by where, for whom and how much. */
  readonly #parts = new Map<string, JournalPart>();
  readonly #facts = new Map<number, EventFacts>();

  constructor(source: FeedSource) {
    this.#source = source;
  }

  /**
   * What an interest covers of the part after a sequence. The part is bounded, and may have nothing that is wanted. What follows
   * the sequence was loaded in this turn.
   */
  partAfter(after: number, interest: MatchedInterest, maxBytes: number): JournalPart {
    const key = [after, this.#source.last, maxBytes, interest.key].join(' ');
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const part = this.#read(after, interest, maxBytes);
    const [oldest] = this.#parts.keys();
    if (this.#parts.size >= MAX_SHARED_PARTS && oldest !== undefined) this.#parts.delete(oldest);
    this.#parts.set(key, part);
    return part;
  }

  /** Nothing is fed any more. */
  forget(): void {
    this.#parts.clear();
    this.#facts.clear();
  }

  #read(after: number, interest: MatchedInterest, maxBytes: number): JournalPart {
    const part = this.#source.readPart(after, MAX_FEED_EVENTS, maxBytes);
    if (part.through <= after && after < this.#source.last) {
      throw new Error(`the journal cannot be read after ${after}`);
    }
    if (interest.isEverything) return part;
    return { ...part, slices: part.slices.flatMap((each) => this.#of(each, interest)) };
  }

  /** The runs of a slice that are wanted. */
  #of(slice: FeedSlice, interest: MatchedInterest): FeedSlice[] {
    const runs: FeedSlice[] = [];
    const count = countOf(slice.records);
    for (let from = 0, to = 0; to <= count; to++) {
      if (to < count && this.#isWanted(slice, to, interest)) continue;
      if (to > from) runs.push(partOf(slice, slice.first + from, slice.first + to - 1));
      from = to + 1;
    }
    return runs;
  }

  #isWanted({ first, records }: FeedSlice, index: number, interest: MatchedInterest): boolean {
    const sequence = first + index;
    const frame = frameAt(records, index);
    if (frame === '') {
      const { hub } = gapEntry(sequence, keyAt(records, index));
      return hub === undefined || interest.mayCoverHub(parseHubName(hub));
    }
    return interest.covers(this.#factsOf(sequence, frame));
  }

  #factsOf(sequence: number, frame: string): EventFacts {
    const known = this.#facts.get(sequence);
    if (known !== undefined) return known;
    if (this.#facts.size >= MAX_FEED_EVENTS) this.#facts.clear();
    const facts = factsOf(decodeJson(frame));
    this.#facts.set(sequence, facts);
    return facts;
  }
}
