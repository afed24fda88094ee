/**
 * Pages of a journal are dropped, repeated, late and out of order, and the replica loses its memory. Whoever reads from a
 * position, gets every event of the hub that it wants, in order and once.
 */
import { runInDurableObject } from 'cloudflare:test';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { JournalEntry } from '../../../src/hub/journal/record.ts';
import { MemoryPool } from '../../../src/hub/memory-budget.ts';
import { createWindow, PageWindow } from '../../../src/hub/shards/at-replica/page-window.ts';
import { ReplicaJournal } from '../../../src/hub/shards/at-replica/replica-journal.ts';
import type { FeedSlice } from '../../../src/objects/hub-contract.ts';
import {
  type HistoryPage,
  type JournalFacts,
  REPLICA_FORMAT,
  type ReplicaPage,
} from '../../../src/objects/replica-contract.ts';
import { runs } from '../../unit/support/runs.ts';
import { it } from '../fixtures.ts';
import { record, recordsOf } from '../journal-support.ts';
import { hubStub } from '../support.ts';

const RUNS = 20_000;

/** What a replica wants: events of one kind, or of both. */
type Wish = 'a' | 'ab';

const numbers = fc.nat(1000);
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('publish'),
      kinds: fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('send'), back: fc.nat(6), size: numbers }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('receive'), which: numbers, isRepeated: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop'), which: numbers }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('attach'),
      wish: fc.constantFrom<Wish>('a', 'ab'),
      pages: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('narrow') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('evict') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim'), count: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('begin'), back: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('read'),
      which: numbers,
      count: fc.integer({ min: 1, max: 9 }),
    }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

interface Reader {
  readonly wish: Wish;
  readonly start: number;
  position: number;
  readonly got: number[];
  /** Whether it knows that it missed something. */
  isTold: boolean;
}

class Model {
  readonly kinds: string[] = [];
  trimmedThrough = 0;
  /** What the parent knows of the replica. */
  version = 1;
  wish: Wish = 'a';
  readonly inFlight: ReplicaPage[] = [];
  readers: Reader[] = [];
  journal: ReplicaJournal;
  readonly #sql: SqlStorage;
  readonly #isHead: boolean;
  readonly #memory = new MemoryPool(12_000);
  #window: PageWindow | undefined;
  /** Whether the replica has said what it wants since it woke. */
  #isAwake = false;
  /** What the replica stores. */
  #confirmed = 0;

  constructor(sql: SqlStorage, isHead: boolean) {
    this.#sql = sql;
    this.#isHead = isHead;
    if (isHead) createWindow(sql);
    this.journal = this.#open();
    this.attach('a');
  }

  get last(): number {
    return this.kinds.length;
  }

  get facts(): JournalFacts {
    return {
      epoch: 'one',
      trimmedThrough: this.trimmedThrough,
      trimmedUntil: this.trimmedThrough,
      recordedSince: 0,
      isComplete: this.trimmedThrough === 0,
    };
  }

  async run(operations: readonly Operation[]): Promise<void> {
    for (const each of operations) await this.#run(each);
    this.attach(this.wish);
    for (const reader of this.readers) await this.finish(reader);
    for (const start of [0, this.trimmedThrough, Math.floor(this.last / 2)]) {
      await this.finish(this.#reader(start));
    }
  }

  async #run(operation: Operation): Promise<void> {
    switch (operation.do) {
      case 'publish':
        this.kinds.push(...operation.kinds);
        break;
      case 'send': {
        // The parent guesses where the replica is.
        const after = Math.max(this.journal.last - operation.back + 2, 0);
        if (after > this.last) break;
        const through = after + (operation.size % (this.last - after + 1));
        this.inFlight.push(this.page(after, through));
        break;
      }
      case 'receive': {
        const index = operation.which % Math.max(this.inFlight.length, 1);
        const page = this.inFlight[index];
        if (page === undefined) break;
        if (!operation.isRepeated) this.inFlight.splice(index, 1);
        this.take(page, () => this.journal.take(page));
        break;
      }
      case 'drop':
        this.inFlight.splice(operation.which % Math.max(this.inFlight.length, 1), 1);
        break;
      case 'attach':
        this.attach(operation.wish === 'ab' ? 'ab' : this.wish, operation.pages);
        break;
      case 'narrow':
        if (!this.#isAwake || this.wish === 'a' || this.readers.some(({ wish }) => wish === 'ab'))
          break;
        this.wish = 'a';
        this.#confirmed = ++this.version;
        this.journal.confirmed(this.version);
        break;
      case 'evict':
        this.journal = this.#open();
        break;
      case 'trim':
        this.trimmedThrough = Math.min(this.trimmedThrough + operation.count, this.last);
        break;
      case 'begin':
        // Before a handshake, the replica says what it wants.
        if (!this.#isAwake) this.attach(this.wish);
        this.readers.push(this.#reader(Math.max(this.journal.last - operation.back, 0)));
        break;
      case 'read': {
        const reader = this.readers[operation.which % Math.max(this.readers.length, 1)];
        if (reader === undefined) break;
        if (this.journal.position === undefined) this.attach(this.wish);
        await this.read(reader, operation.count);
      }
    }
  }

  /** The replica says what it wants, and takes what it lacks. */
  attach(wish: Wish, maxPages = Number.POSITIVE_INFINITY): void {
    const { position } = this.journal;
    // A replica that has just woken knows of the interest that is stored with the newest page.
    const before = this.#isAwake ? this.wish : this.#window?.stored?.interest[0]?.pattern;
    const wantsMore = before?.includes(wish) !== true;
    this.#isAwake = true;
    this.wish = wish;
    this.version++;
    let after = position?.taken ?? this.last;
    for (let pages = 1; ; pages++) {
      const through = Math.min(after + 5, this.last);
      const page = this.page(after, through);
      const answer = {
        page,
        hasMore: through < this.last,
        completeAfter: 0,
        version: this.version,
        cursorKey: new Uint8Array(),
        directory: page.directory,
      };
      this.#confirmed = this.version;
      this.take(page, () => this.journal.attached(answer, wantsMore));
      if (!answer.hasMore || pages >= maxPages) return;
      after = this.journal.last;
    }
  }

  take(page: ReplicaPage, take: () => ReturnType<ReplicaJournal['take']>): void {
    const before = this.journal.position?.taken ?? page.after;
    const taken = take();
    if (typeof taken === 'string') {
      if (taken === 'lacks') expect(page.after).toBeGreaterThan(before);
      else expect([taken, page.version]).toEqual(['outdated', expect.any(Number)]);
      return;
    }
    const through = this.journal.last;
    expect(through).toBeGreaterThanOrEqual(before);
    const got = sequencesOf(taken.entries);
    // What the confirmed interest covers, and is new.
    expect(got).toEqual(expect.arrayContaining(this.#wanted(before, through, this.wish)));
    expect(got.every((sequence) => sequence > before && sequence <= through)).toBe(true);
    expect(got).toEqual([...new Set(got)].sort((a, b) => a - b));
    const wanted = { pattern: this.wish, namespaces: [] };
    this.#window?.append(page, this.journal.completeAfter, [wanted]);
  }

  async read(reader: Reader, count: number): Promise<void> {
    const { journal } = this;
    const loading = journal.load(reader.position);
    if (loading !== undefined) await loading;
    if (journal.trimmedThrough > reader.position) {
      reader.position = journal.trimmedThrough;
      reader.isTold = true;
    }
    const page = journal.read(reader.position, count, 2000);
    expect(page.through).toBeLessThanOrEqual(Math.max(journal.last, reader.position));
    expect(page.through).toBeGreaterThanOrEqual(reader.position);
    if (page.entries.some((entry) => 'gap' in entry)) reader.isTold = true;
    for (const sequence of sequencesOf(page.entries)) {
      expect(sequence).toBeGreaterThan(reader.position);
      reader.position = sequence;
      if (reader.wish.includes(this.kinds[sequence - 1] ?? '')) reader.got.push(sequence);
    }
    reader.position = page.through;
  }

  async finish(reader: Reader): Promise<void> {
    for (let pages = 0; reader.position < this.journal.last; pages++) {
      expect(pages).toBeLessThan(1000);
      await this.read(reader, 7);
    }
    const wanted = this.#all(reader.start, this.journal.last, reader.wish);
    if (!reader.isTold) expect(reader.got).toEqual(wanted);
    expect(wanted).toEqual(expect.arrayContaining(reader.got));
    expect(reader.got).toEqual([...new Set(reader.got)].sort((a, b) => a - b));
    const retained = wanted.filter((sequence) => sequence > this.trimmedThrough);
    expect(reader.got).toEqual(expect.arrayContaining(retained));
  }

  page(after: number, through: number): ReplicaPage {
    return {
      format: REPLICA_FORMAT,
      journal: this.facts,
      after,
      through,
      slices: this.#slices(after, through, this.wish),
      isMissing: this.trimmedThrough > after,
      version: this.version,
      directory: { version: 0, home: undefined, shards: {} },
    };
  }

  #reader(start: number): Reader {
    return { wish: this.wish, start, position: start, got: [], isTold: false };
  }

  #open(): ReplicaJournal {
    this.#isAwake = false;
    this.#window = this.#isHead ? new PageWindow(this.#sql) : undefined;
    return new ReplicaJournal({
      memory: this.#memory.open('replica'),
      window: this.#window,
      version: this.#confirmed,
      parent: {
        history: async (after, maxEvents) => {
          await Promise.resolve();
          return this.#history(after, Math.min(maxEvents, 6));
        },
        locate: () => Promise.reject(new Error('nobody asks')),
        reach: async () => undefined,
      },
    });
  }

  #history(sequence: number, maxEvents: number): HistoryPage {
    const after = Math.max(sequence, this.trimmedThrough);
    const through = Math.min(after + maxEvents, this.last);
    return { journal: this.facts, after, through, slices: this.#slices(after, through, 'ab') };
  }

  #slices(after: number, through: number, wish: Wish): FeedSlice[] {
    const slices: FeedSlice[] = [];
    let run: number[] = [];
    for (
      let sequence = Math.max(after, this.trimmedThrough) + 1;
      sequence <= through + 1;
      sequence++
    ) {
      if (sequence <= through && wish.includes(this.kinds[sequence - 1] ?? '')) {
        run.push(sequence);
        continue;
      }
      const [first] = run;
      if (first !== undefined) {
        const { acceptedAt, ...records } = recordsOf(
          ...run.map((each) => record(`e${each}`, each)),
        );
        slices.push({ first, acceptedAt, records });
      }
      run = [];
    }
    return slices;
  }

  /** What is retained. */
  #wanted(after: number, through: number, wish: Wish): number[] {
    return this.#all(Math.max(after, this.trimmedThrough), through, wish);
  }

  #all(after: number, through: number, wish: Wish): number[] {
    return this.kinds
      .map((_, i) => i + 1)
      .filter(
        (each) => each > after && each <= through && wish.includes(this.kinds[each - 1] ?? ''),
      );
  }
}

function sequencesOf(entries: readonly JournalEntry[]): number[] {
  return entries.filter((entry) => 'frame' in entry).map(({ sequence }) => sequence);
}

it.each([
  ['a shard', false],
  ['a region head', true],
])('a reader at %s gets what it wants, in order and once', (_name, isHead) =>
  runInDurableObject(hubStub('unused'), (_hub, { storage: { sql } }) =>
    fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 80 }), async (operations) => {
        sql.exec('DROP TABLE IF EXISTS pages');
        await new Model(sql, isHead).run(operations);
      }),
      { numRuns: runs(RUNS) },
    ),
  ),
);
