/**
 * A parent that feeds replicas, without objects and without a network: the test decides what becomes of each call, and who
 * forgets what. Sequences are those of the list of all events.
 */
import { eventBatch } from '../../src/event/event-batch.ts';
import type { JournalPart } from '../../src/hub/journal/subscriber-journal.ts';
import { Attachments } from '../../src/hub/shards/at-parent/attachments.ts';
import { FedReplicas } from '../../src/hub/shards/at-parent/fed-replicas.ts';
import { PageBuilder } from '../../src/hub/shards/at-parent/page-builder.ts';
import { ReplicaFeeds } from '../../src/hub/shards/at-parent/replica-feeds.ts';
import type { StoredReplica } from '../../src/hub/shards/at-parent/replica-table.ts';
import type { EventSupply } from '../../src/hub/subscribers/event-supply.ts';
import { partOf } from '../../src/objects/feed-slice.ts';
import type { FeedPosition, FeedSlice } from '../../src/objects/hub-contract.ts';
import type {
  AttachAnswer,
  JournalFacts,
  ReplicaPage,
  ReplicaReceipt,
} from '../../src/objects/replica-contract.ts';
import { EMPTY_DIRECTORY } from '../../src/objects/shard-directory.ts';
import type { Interest, Wanted } from '../../src/subscription/interest.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { anEvent } from '../unit/support/events.ts';

const HUB = '/kv';

/** What becomes of a call. */
export type Fate =
  | 'answered'
  /** It does not arrive. */
  | 'lost'
  /** It arrives, and its answer does not. */
  | 'answer lost'
  /** It fails, and arrives later. */
  | 'late'
  /** It arrives twice, the second time later. */
  | 'doubled'
  /** It is under way until the test lets it go. */
  | 'slow';

export function wanted(...types: string[]): Interest {
  return types.map((type): Wanted => ({ pattern: `kv/${type}`, namespaces: [''] }));
}

/** What is stored of a parent. */
class Storage {
  readonly rows = new Map<string, StoredReplica>();
  readonly entries = new Map<string, unknown>();
  writes = 0;

  readonly table = {
    all: () => [...this.rows.values()],
    put: (name: string, version: number, interest: Interest) => {
      this.writes++;
      const behind = this.rows.get(name)?.behind;
      this.rows.set(name, { name, version, interest, behind });
    },
    setBehind: (name: string, behind: number | undefined) => {
      this.writes++;
      const row = this.rows.get(name);
      if (row !== undefined) this.rows.set(name, { ...row, behind });
    },
    delete: (name: string) => {
      this.writes++;
      this.rows.delete(name);
    },
  };

  readonly kv = {
    get: (key: string) => this.entries.get(key),
    put: (key: string, value: unknown) => {
      this.writes++;
      this.entries.set(key, value);
    },
  } as Pick<DurableObjectStorage['kv'], 'get' | 'put'>;
}

export class Parent {
  readonly storage = new Storage();
  /** Of each replica that exists. */
  readonly replicas = new Map<string, Replica>();
  /** What will become of the next calls; then they are answered. */
  readonly fates: Fate[] = [];
  readonly counts = { replicaPagesTaken: 0, replicaPagesFailed: 0 };
  /** Every page that was sent, with the name of its replica. */
  readonly sent: { readonly name: string; readonly page: ReplicaPage }[] = [];
  epoch = 'first';
  trimmedThrough = 0;
  reads = 0;
  /** Of each part that was read. */
  readonly maxBytes: number[] = [];
  feeds: ReplicaFeeds;
  fed: FedReplicas;
  /** The types of all events. */
  readonly #types: string[] = [];
  readonly #isHub: boolean;
  #attachments: Attachments;
  /** What is let go later: slow answers, and calls that come late. */
  #held: (() => void)[] = [];
  #life = 0;

  constructor(isHub = true) {
    this.#isHub = isHub;
    const { feeds, replicas, attachments } = this.#compose();
    this.feeds = feeds;
    this.fed = replicas;
    this.#attachments = attachments;
  }

  get last(): number {
    return this.#types.length;
  }

  typeOf(sequence: number): string {
    return this.#types[sequence - 1] ?? '';
  }

  /** A hub stores events. They are fed then, unless it is evicted in between. */
  store(...types: string[]): void {
    this.feeds.guard(this.last);
    this.#types.push(...types);
  }

  async publish(...types: string[]): Promise<void> {
    this.store(...types);
    this.feeds.feed();
    await quiet();
  }

  /** A region head takes a page with these events. */
  take(...types: string[]): Promise<void> {
    const before = this.last;
    this.#types.push(...types);
    return this.feeds.feedThrough(before, this.last, 50);
  }

  /** A region head is lost before it has stored what it took. */
  loseAfter(sequence: number): void {
    this.#types.length = sequence;
    this.evict();
  }

  evict(): void {
    this.#life++;
    this.#held = [];
    ({ feeds: this.feeds, replicas: this.fed, attachments: this.#attachments } = this.#compose());
  }

  /** Rings as long as something is due within an hour. */
  async alarms(times = 40): Promise<void> {
    for (let i = 0; i < times; i++) {
      const due = this.feeds.nextDue();
      if (due === Number.POSITIVE_INFINITY) return;
      await this.feeds.run(Math.max(due, Date.now()));
      await quiet();
    }
  }

  async letGo(): Promise<void> {
    for (const each of this.#held.splice(0)) each();
    await quiet();
  }

  hold(what: () => void): void {
    this.#held.push(what);
  }

  attach(name: string, version: number, interest: Interest): Promise<AttachAnswer> {
    const position = this.replicas.get(name)?.position;
    return this.#attachments.attach(name, { version, interest, position });
  }

  #compose() {
    const life = this.#life;
    const isAlive = () => this.#life === life;
    const replicas = new FedReplicas(ofLife(this.storage.table, isAlive), HUB);
    const parent = this;
    const source = {
      get last() {
        return parent.last;
      },
      get facts() {
        return parent.#facts;
      },
      load: () => undefined,
      readPart: (after: number, maxRecords: number, maxBytes: number) => {
        this.maxBytes.push(maxBytes);
        return this.#readPart(after, maxRecords);
      },
    };
    const builder = new PageBuilder(source);
    const directory = () => EMPTY_DIRECTORY;
    const feeds = new ReplicaFeeds({
      ctx: { waitUntil: () => undefined },
      alarms: { arm: () => undefined },
      source,
      replicas,
      builder,
      counts: this.counts,
      guard: this.#isHub ? ofLife(this.storage.kv, isAlive) : undefined,
      directory,
      receive: (name, page) => (isAlive() ? this.#call(name, page, isAlive) : never()),
    });
    const supply: EventSupply = { prepare: async () => undefined };
    const cursorKey = () => new Uint8Array(32);
    const completeAfter = () => this.trimmedThrough;
    const shared = { source, replicas, builder, feeds, supply, directory };
    return {
      feeds,
      replicas,
      attachments: new Attachments({ ...shared, cursorKey, completeAfter }),
    };
  }

  get #facts(): JournalFacts {
    const { epoch, trimmedThrough } = this;
    return { epoch, trimmedThrough, trimmedUntil: 0, recordedSince: 0, isComplete: false };
  }

  #readPart(after: number, maxRecords: number): JournalPart {
    this.reads++;
    const from = Math.max(after, this.trimmedThrough);
    const through = Math.min(this.last, from + maxRecords);
    const slices = through > from ? [this.#slice(from + 1, through)] : [];
    return { after: from, through, slices, isMissing: from > after };
  }

  #slice(from: number, to: number): FeedSlice {
    const records = this.#types.slice(from - 1, to).map((type, i) => ({
      key: `${from + i}`,
      json: encodeJson(anEvent({ id: `${from + i}`, event_type: `kv/${type}` })),
    }));
    const acceptedAt = Float64Array.from(records, (_, i) => from + i);
    return { first: from, acceptedAt, records: eventBatch(records) };
  }

  async #call(name: string, page: ReplicaPage, isAlive: () => boolean): Promise<ReplicaReceipt> {
    const fate = this.fates.shift() ?? 'answered';
    const arrived = structuredClone(page);
    this.sent.push({ name, page: arrived });
    const arrive = () => {
      const replica = this.replicas.get(name);
      if (replica === undefined) throw new Error(`there is no ${name}`);
      return replica.receive(arrived);
    };
    await Promise.resolve();
    switch (fate) {
      case 'answered':
        return arrive();
      case 'lost':
        throw new Error('lost');
      case 'answer lost':
        arrive();
        throw new Error('answer lost');
      case 'late':
        this.#held.push(arrive);
        throw new Error('late');
      case 'doubled':
        this.#held.push(arrive);
        return arrive();
      case 'slow': {
        const { promise, resolve } = Promise.withResolvers<ReplicaReceipt>();
        this.#held.push(() => resolve(arrive()));
        const receipt = await promise;
        return isAlive() ? receipt : never();
      }
    }
  }
}

/** A replica, as the contract says how one behaves. */
export class Replica {
  readonly name: string;
  interest: Interest = [];
  position: FeedPosition | undefined;
  /** The sequences that its subscribers were sent, since it remembers. */
  received: number[] = [];
  gaps = 0;
  /** Of the last attach that was answered. */
  #confirmed = 0;
  #version = 0;

  constructor(name: string, parent: Parent) {
    this.name = name;
    parent.replicas.set(name, this);
  }

  /** Wants something else from now on. */
  async attach(
    parent: Parent,
    interest: Interest,
    answer: 'now' | 'later' | 'never' = 'now',
    heard: () => void = () => undefined,
  ): Promise<void> {
    this.interest = interest;
    const version = ++this.#version;
    for (;;) {
      const { page, hasMore } = await parent.attach(this.name, version, interest);
      const arrived = structuredClone(page);
      const take = () => {
        this.#confirmed = Math.max(this.#confirmed, version);
        this.receive(arrived);
        if (this.#version === version) heard();
      };
      if (answer === 'now') take();
      if (answer === 'later') parent.hold(take);
      if (answer !== 'now' || !hasMore) return;
    }
  }

  /** Its parent learns that with the next receipt. */
  wants(interest: Interest): void {
    this.interest = interest;
    this.#version++;
  }

  receive(page: ReplicaPage): ReplicaReceipt {
    const { epoch } = page.journal;
    if (this.position?.epoch !== epoch) this.position = { epoch, taken: page.after };
    const { taken } = this.position;
    if (page.after <= taken && page.version >= this.#confirmed) this.#take(page, taken);
    const { version } = page;
    const request = { version: this.#version, interest: this.interest };
    return {
      taken: this.position,
      sockets: 1,
      ...(version !== this.#version && { request }),
    };
  }

  #take({ journal, through, slices, isMissing }: ReplicaPage, taken: number): void {
    if (isMissing) this.gaps++;
    for (const slice of slices) {
      const part = partOf(slice, taken + 1, Number.MAX_SAFE_INTEGER);
      for (let i = 0; i < part.acceptedAt.length; i++) this.received.push(part.first + i);
    }
    this.position = { epoch: journal.epoch, taken: Math.max(taken, through) };
  }
}

/** Waits until nothing goes on, except for what the test holds. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 5; i++) await scheduler.wait(0);
}

/** What an object that was evicted does has no effect. */
function ofLife<T extends Record<string, (...args: never[]) => unknown>>(
  methods: T,
  isAlive: () => boolean,
): T {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (...args: never[]) => (isAlive() ? method(...args) : undefined),
    ]),
  ) as T;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
