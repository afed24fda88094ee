/**
 * What a replica has of the journal of its hub: the newest pages, of what it wants, with the sequences of the hub. What is
 * older, or was not wanted when it came, is in the window of a region head, or is fetched from the parent.
 *
 * After `completeAfter`, it has every event that its present interest covers. That moves when the replica wants more than
 * before. Pages of an older interest are not taken any more, since they may lack events.
 */

import { TtlCache } from '../../../lib/caches.ts';
import { partOf } from '../../../objects/feed-slice.ts';
import type { FeedPosition, FeedSlice } from '../../../objects/hub-contract.ts';
import type {
  AttachAnswer,
  HistoryPage,
  JournalFacts,
  Located,
  LocateQuery,
  ReplicaPage,
} from '../../../objects/replica-contract.ts';
import { bytesToSearchAmong } from '../../journal/bytes-to-search.ts';
import type { JournalEntry } from '../../journal/record.ts';
import type {
  JournalPage,
  JournalPart,
  SubscriberJournal,
} from '../../journal/subscriber-journal.ts';
import { LOCATED_ID_MS } from '../../limits.ts';
import type { MemoryAccount } from '../../memory-budget.ts';
import { CachedPage, type CachedSlice } from './cached-page.ts';
import { HistoryCache } from './history-cache.ts';
import { newPartOf } from './new-part.ts';
import { PageRing } from './page-ring.ts';
import type { PageWindow } from './page-window.ts';
import { ReadRoom } from './read-room.ts';

/** The object that feeds a replica. */
export interface ReplicaParent {
  history(after: number, maxEvents: number, maxBytes: number): Promise<HistoryPage>;
  locate(query: LocateQuery): Promise<Located>;
  /** Takes the journal up to a sequence, or as far as the parent has it: a subscriber was elsewhere, and may be ahead. */
  reach(sequence: number): Promise<void>;
}

/**
 * What became of a page: the entries that are new; or why nothing was taken. `lacks`: what it follows is not here. `outdated`:
 * it follows an older interest, and may lack events.
 */
export type Taken =
  | { readonly entries: readonly JournalEntry[] }
  | 'lacks'
  | 'outdated'
  | 'other epoch';

interface ReplicaJournalParts {
  readonly memory: MemoryAccount;
  readonly parent: ReplicaParent;
  /** Of a region head. */
  readonly window?: PageWindow | undefined;
  /** Of the interest that was confirmed last, as it is stored: a page of an older one may still be on its way. */
  readonly version?: number | undefined;
}

/** What an event takes, about, if none is known. */
const EVENT_BYTES = 1024;

export class ReplicaJournal implements SubscriberJournal {
  readonly #parent: ReplicaParent;
  readonly #window: PageWindow | undefined;
  readonly #ring: PageRing;
  readonly #history: HistoryCache;
  readonly #located = new TtlCache<Promise<Located>>(LOCATED_ID_MS);
  #facts: JournalFacts | undefined;
  /** The last sequence; undefined if the replica has forgotten it, or never had one. */
  #taken: number | undefined;
  #completeAfter = Number.POSITIVE_INFINITY;
  /** Of the interest that the pages have to follow. */
  #version: number;

  constructor({ memory, parent, window, version = 0 }: ReplicaJournalParts) {
    this.#parent = parent;
    this.#window = window;
    this.#ring = new PageRing(memory);
    this.#history = new HistoryCache({
      history: (...page) => parent.history(...page),
      learn: (page, sequence) => this.#learnFrom(page, sequence),
    });
    this.#facts = window?.stored?.facts;
    this.#taken = window?.stored?.through;
    this.#version = version;
  }

  /** Undefined if it knows nothing: then a page or the answer to an attach tells it. */
  get position(): FeedPosition | undefined {
    const taken = this.#taken;
    return taken === undefined ? undefined : { epoch: this.epoch, taken };
  }

  get completeAfter(): number {
    return this.#completeAfter;
  }

  get facts(): JournalFacts {
    if (this.#facts === undefined) throw new Error('the replica knows no journal yet');
    return this.#facts;
  }

  get epoch(): string {
    return this.facts.epoch;
  }

  get restoredFrom(): FeedPosition | undefined {
    return this.facts.restoredFrom;
  }

  get trimmedThrough(): number {
    return this.#facts?.trimmedThrough ?? 0;
  }

  get trimmedUntil(): number {
    return this.facts.trimmedUntil;
  }

  get recordedSince(): number {
    return this.facts.recordedSince;
  }

  get isComplete(): boolean {
    return this.facts.isComplete;
  }

  get last(): number {
    return this.#taken ?? 0;
  }

  /** The hub searches. */
  get bytesToSearch(): number {
    return bytesToSearchAmong(this.last - this.trimmedThrough);
  }

  /** Takes a page that the parent has sent. If nothing is taken, nothing is changed. */
  take(page: ReplicaPage): Taken {
    const { journal, after, through, version } = page;
    if (this.#facts !== undefined && journal.epoch !== this.#facts.epoch) return 'other epoch';
    // Only a shard can have forgotten it: its head says what the shard has confirmed.
    const taken = this.#taken ?? after;
    if (after > taken) return 'lacks';
    if (version < this.#version && through > taken) return 'outdated';
    const part = newPartOf(page, taken);
    this.#learn(journal);
    const isUnknown = this.#completeAfter === Number.POSITIVE_INFINITY;
    if (isUnknown || version > this.#version) this.#follow(version, taken);
    this.#taken = Math.max(through, taken);
    if (through <= taken) return { entries: [] };
    const cached = new CachedPage(part);
    this.#ring.add(cached);
    return cached;
  }

  /**
   * Takes the page with which the parent has answered.
   *
   * @param wantsMore whether more was asked for than the parent had confirmed before
   */
  attached({ page, completeAfter }: AttachAnswer, wantsMore: boolean): Taken {
    const taken = this.#taken ?? page.after;
    if (!wantsMore) this.confirmed(page.version);
    const result = this.take(page);
    if (typeof result === 'string') return result;
    if (wantsMore) {
      // Also if a page of this version was fed before the answer came: it has only what is newer.
      this.#completeAfter = Math.max(taken, completeAfter);
      this.#history.renew();
    }
    return result;
  }

  /** The interest with this version covers no more than the one before. */
  confirmed(version: number): void {
    if (this.#completeAfter === Number.POSITIVE_INFINITY && this.#taken !== undefined) {
      this.#completeAfter = this.#window?.stored?.completeAfter ?? this.#taken;
    }
    this.#version = Math.max(this.#version, version);
  }

  /** The hub has another journal, and nothing of this one counts any more. */
  forget(): void {
    this.#facts = undefined;
    this.#taken = undefined;
    this.#completeAfter = Number.POSITIVE_INFINITY;
    this.#ring.clear();
    this.#history.forget();
    this.#located.clear();
    this.#window?.forget();
  }

  isCompleteSince(time: number, tolerance: number): boolean {
    return time > this.trimmedUntil && time >= this.recordedSince - tolerance;
  }

  bytesAfter(sequence: number): number {
    const first = this.#ring.after ?? this.last;
    const bytes = this.#ring.bytes;
    const perEvent = bytes / Math.max(this.last - first, 1) || EVENT_BYTES;
    return Math.round(Math.max(this.last - Math.max(sequence, this.trimmedThrough), 0) * perEvent);
  }

  load(after: number): Promise<void> | undefined {
    if (this.#taken === undefined || after > this.#taken) return this.#parent.reach(after);
    const from = Math.max(after, this.trimmedThrough);
    const isHere = from >= this.last || this.#at(from) !== undefined;
    return isHere ? undefined : this.#history.fetch(from);
  }

  read(after: number, maxEntries: number, maxBytes: number): JournalPage {
    const entries: JournalEntry[] = [];
    const read = this.#visit(after, new ReadRoom(maxEntries, maxBytes), (slice, from, to) => {
      entries.push(...slice.entries(from, to));
    });
    return { entries, ...read };
  }

  readPart(after: number, maxRecords: number, maxBytes: number): JournalPart {
    const slices: FeedSlice[] = [];
    const from = Math.max(after, this.trimmedThrough);
    const room = new ReadRoom(maxRecords, maxBytes);
    const { through } = this.#visit(from, room, ({ slice }, first, last) => {
      slices.push(partOf(slice, first, last));
    });
    return { after: from, through, slices, isMissing: from > after };
  }

  /** An older event that the replica does not want may have the same id. */
  oldestWithId(): undefined {}

  /**
   * With an event from before that time, the replica knows: what is wanted and came between is here. The others need not be
   * found.
   */
  lastBefore(time: number): number | undefined {
    let later: number | undefined;
    for (const { slices } of this.#ring.newestFirst) {
      for (const { slice, first } of slices.toReversed()) {
        const { acceptedAt } = slice;
        for (let i = acceptedAt.length - 1; i >= 0; i--) {
          if (first + i <= this.#completeAfter) return undefined;
          if ((acceptedAt[i] ?? 0) < time) return later === undefined ? this.last : later - 1;
          later = first + i;
        }
      }
    }
    return undefined;
  }

  async locate(query: LocateQuery): Promise<Located> {
    if ('before' in query) {
      const after = this.lastBefore(query.before);
      return after === undefined ? this.#parent.locate(query) : { after };
    }
    const now = Date.now();
    const known = this.#located.get(query.id, now);
    if (known !== undefined) return known;
    const located = this.#parent.locate(query);
    this.#located.set(query.id, located, now);
    try {
      const result = await located;
      // An event that comes soon may have it.
      if ('events' in result && result.events.length === 0) this.#located.delete(query.id);
      return result;
    } catch (error) {
      this.#located.delete(query.id);
      throw error;
    }
  }

  /** The page with what follows a sequence. */
  #at(sequence: number): CachedPage | undefined {
    const isCovered = sequence >= this.#completeAfter;
    const newest = isCovered ? (this.#ring.at(sequence) ?? this.#window?.at(sequence)) : undefined;
    return newest ?? this.#history.at(sequence);
  }

  /** Never beyond the last sequence: what follows comes as it is fed. */
  #visit(
    after: number,
    room: ReadRoom,
    visitor: (slice: CachedSlice, from: number, to: number) => void,
  ): { through: number; bytes: number } {
    let through = Math.max(after, this.trimmedThrough);
    while (through < this.last && !room.isFull) {
      const page = this.#at(through);
      if (page === undefined) break;
      through = page.visit(through, this.last, room, visitor);
    }
    return { through, bytes: room.bytes };
  }

  /** Pages follow another interest from now on. Nobody says whether it covers more. */
  #follow(version: number, taken: number): void {
    const { stored } = this.#window ?? {};
    const isStored =
      this.#completeAfter === Number.POSITIVE_INFINITY && stored?.version === version;
    this.#completeAfter = isStored ? stored.completeAfter : taken;
    this.#version = Math.max(this.#version, version);
  }

  /** What is trimmed stays trimmed: pages may be late. */
  #learn(facts: JournalFacts): void {
    if (facts.trimmedThrough >= this.trimmedThrough) this.#facts = facts;
  }

  #learnFrom({ journal, after }: HistoryPage, sequence: number): void {
    if (journal.epoch !== this.epoch) throw new Error('the journal has begun again');
    this.#learn(journal);
    if (after > Math.max(sequence, this.trimmedThrough)) {
      this.#facts = { ...this.facts, trimmedThrough: after };
    }
  }
}
