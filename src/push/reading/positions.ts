/**
 * How far a destination is with each hub, and whether there is something to read. What was read and is of no interest is
 * passed without a row. So after the object was lost, some of it is read again.
 */

import type { DestinationPosition } from '../../objects/destination-contract.ts';
import type { FeedPosition } from '../../objects/hub-contract.ts';
import { MAX_UNSTORED_EVENTS } from './limits.ts';
import { type Place, placeAfter, type ReadPart, type ReadStamp } from './read-part.ts';

/** Since when the destination covers hubs that it does not know yet, and what it covers. */
const READING_SINCE_KEY = 'reading_since';

interface ReadingSince {
  /** Unix milliseconds. */
  readonly at: number;
  /** The pattern and the namespaces. */
  readonly covered: string;
}

/** Of a hub. */
export interface KnownPosition extends Place {
  readonly last: number;
  readonly hasNews: boolean;
  /** Where it starts, or goes back to; undefined if it goes on after the sequence. Unix milliseconds; 0 for the oldest event. */
  readonly since: number | undefined;
}

interface Position extends KnownPosition {
  /** The sequence that is stored. */
  readonly stored: number;
  /** Another one when it is set back: what was read before does not count any more. */
  readonly revision: number;
  /** How often something new was marked since the object woke. */
  readonly marks: number;
}

/** As a row of the table. */
type Row = {
  hub: string;
  epoch: string;
  sequence: number;
  last: number;
  has_news: number;
  since: number | null;
};

export class Positions {
  readonly #storage: DurableObjectStorage;
  /** By the name of the hub. Read when they are first needed. */
  #known: Map<string, Position> | undefined;
  /** The last one that was given. */
  #revision = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** To be called if a change was rolled back. */
  forget(): void {
    this.#known = undefined;
  }

  /** Since when the destination covers hubs that it does not know. Unix milliseconds. */
  get since(): number {
    return this.#storage.kv.get<ReadingSince>(READING_SINCE_KEY)?.at ?? 0;
  }

  get(hub: string): KnownPosition | undefined {
    return this.#all().get(hub);
  }

  stampOf(hub: string): ReadStamp {
    const { revision = 0, marks = 0 } = this.#all().get(hub) ?? {};
    return { revision, marks };
  }

  /** The hubs with something to read. */
  withNews(): string[] {
    return [...this.#all()].filter(([, { hasNews }]) => hasNews).map(([hub]) => hub);
  }

  states(): Record<string, DestinationPosition> {
    return Object.fromEntries(
      Array.from(this.#all(), ([hub, { epoch, sequence, last }]) => [
        hub,
        { epoch, sequence, last: Math.max(last, sequence) },
      ]),
    );
  }

  /** A hub has something new. Costs a row, or none if that is known. */
  markNew(hub: string): void {
    const known = this.#all().get(hub) ?? this.#unread();
    const marked = { ...known, marks: known.marks + 1, hasNews: true };
    if (known.hasNews) this.#all().set(hub, marked);
    else this.#put(hub, marked);
  }

  /**
   * The destination begins, or covers something else. It forgets the hubs that it does not cover any more.
   *
   * @param covered the pattern and the namespaces, as a text
   * @param ends where the journals end of the hubs that it covers. It starts there, at those that it did not know
   * @param since where it starts instead; undefined for the ends. Unix milliseconds, 0 for the oldest event
   */
  begin(
    covered: string,
    covers: (hub: string) => boolean,
    ends: Readonly<Record<string, FeedPosition>>,
    since: number | undefined,
    now: number,
  ): void {
    const { kv } = this.#storage;
    const before = kv.get<ReadingSince>(READING_SINCE_KEY);
    this.#change(() => {
      if (before?.covered !== covered) {
        kv.put(READING_SINCE_KEY, { at: Math.min(since || now, now), covered });
      }
      for (const hub of [...this.#all().keys()]) if (!covers(hub)) this.delete(hub);
      for (const [hub, { epoch, taken }] of Object.entries(ends)) {
        if (this.#all().has(hub) || !covers(hub)) continue;
        const end = { ...this.#unread(), epoch, sequence: taken, last: taken };
        this.#put(hub, since === undefined ? end : { ...end, since, hasNews: true });
      }
    });
  }

  /** Goes back, never forward, with all hubs that are known and with these. @param since as in `begin` */
  setBack(hubs: readonly string[], since: number): void {
    this.#change(() => {
      for (const hub of new Set([...this.#all().keys(), ...hubs])) {
        const known = this.#all().get(hub) ?? this.#unread();
        // Of one that it has not read, it wants everything.
        const isUnread = known.epoch === '';
        const earliest = isUnread ? undefined : Math.min(known.since ?? since, since);
        const revision = ++this.#revision;
        this.#put(hub, { ...known, revision, since: earliest, hasNews: true });
      }
    });
  }

  /** A journal was read, and ends there. Costs no row. */
  noteEnd(hub: string, { epoch, last }: Pick<ReadPart, 'epoch' | 'last'>, stamp: ReadStamp): void {
    const known = this.#all().get(hub);
    if (known === undefined || known.revision !== stamp.revision) return;
    if (known.epoch === epoch || known.epoch === '') this.#all().set(hub, { ...known, last });
  }

  /** Stores what is known of a hub. */
  store(hub: string): void {
    const known = this.#all().get(hub);
    if (known !== undefined) this.#put(hub, known);
  }

  /** Forgets a hub. */
  delete(hub: string): void {
    this.#storage.sql.exec('DELETE FROM positions WHERE hub = ?', hub);
    this.#all().delete(hub);
  }

  /**
   * Notes that the first events of a part are settled, and all that was read before it.
   *
   * @param isStored false if it may be forgotten: nobody was sent anything. It is stored now and then
   * @returns false if the part does not count any more
   */
  settle(part: ReadPart, count: number, isStored: boolean): boolean {
    const { source, events, stamp, last } = part;
    const known = this.#all().get(source);
    if (known === undefined || stamp.revision !== known.revision) return false;
    const place = placeAfter(part, count);
    const isWhole = count >= events.length;
    const isOver = part.isEnd && isWhole && known.marks === stamp.marks;
    const hasNews = known.hasNews && !isOver;
    const end = known.epoch === place.epoch ? Math.max(known.last, last) : last;
    const settled = { ...known, ...place, last: end, hasNews, since: undefined };
    const isSame = known.epoch === place.epoch && known.since === undefined;
    const passed = isSame ? place.sequence - known.stored : MAX_UNSTORED_EVENTS;
    const isDue = isStored || hasNews !== known.hasNews || passed >= MAX_UNSTORED_EVENTS;
    if (isDue) this.#put(source, settled);
    else this.#all().set(source, settled);
    return true;
  }

  #put(hub: string, position: Position): void {
    const { epoch, sequence, last, hasNews, since } = position;
    this.#storage.sql.exec(
      'INSERT OR REPLACE INTO positions (hub, epoch, sequence, last, has_news, since) VALUES (?, ?, ?, ?, ?, ?)',
      hub,
      epoch,
      sequence,
      last,
      hasNews ? 1 : 0,
      since ?? null,
    );
    this.#all().set(hub, { ...position, stored: sequence });
  }

  /** As a whole or not at all. */
  #change(change: () => void): void {
    try {
      this.#storage.transactionSync(change);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  #all(): Map<string, Position> {
    this.#known ??= new Map(
      this.#storage.sql
        .exec<Row>('SELECT * FROM positions')
        .toArray()
        .map(({ hub, epoch, sequence, last, has_news, since }) => [
          hub,
          {
            epoch,
            sequence,
            last,
            hasNews: has_news === 1,
            since: since ?? undefined,
            stored: sequence,
            revision: ++this.#revision,
            marks: 0,
          },
        ]),
    );
    return this.#known;
  }

  /** Of a hub that the destination hears of: it came after the destination. */
  #unread(): Position {
    return {
      epoch: '',
      sequence: 0,
      last: 0,
      hasNews: false,
      since: undefined,
      stored: 0,
      revision: ++this.#revision,
      marks: 0,
    };
  }
}
