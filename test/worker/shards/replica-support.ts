/** A replica of a journal that is in the same object, for tests of its parts. */
import { runInDurableObject } from 'cloudflare:test';
import { CursorCodec } from '../../../src/hub/journal/cursor-codec.ts';
import { Journal } from '../../../src/hub/journal/journal.ts';
import type { SubscriberJournal } from '../../../src/hub/journal/subscriber-journal.ts';
import { MemoryPool } from '../../../src/hub/memory-budget.ts';
import {
  ReplicaJournal,
  type ReplicaParent,
} from '../../../src/hub/shards/at-replica/replica-journal.ts';
import {
  type HistoryPage,
  REPLICA_FORMAT,
  type ReplicaPage,
} from '../../../src/objects/replica-contract.ts';
import { append, RETENTION, record } from '../journal-support.ts';
import { createTables, hubStub } from '../support.ts';

const DIRECTORY = { version: 0, home: undefined, shards: {} };

export interface Staged {
  readonly journal: Journal;
  readonly replica: ReplicaJournal;
  readonly cursors: CursorCodec;
  readonly storage: DurableObjectStorage;
  /** The calls of the replica. */
  readonly calls: { history: number; locate: number; reach: number };
  /** Feeds what follows the position of the replica. */
  feed(through?: number): void;
}

/** @param parent replaces what the parent of the replica answers */
export function staged(
  test: (staged: Staged) => Promise<void>,
  parent: Partial<ReplicaParent> = {},
  maxRingBytes = 1_000_000,
): Promise<void> {
  return runInDurableObject(hubStub('unused'), async (_hub, { storage }) => {
    createTables(storage);
    const journal = new Journal(storage, { ...RETENTION, events: 100_000, bytes: 100_000_000 });
    const cursors = new CursorCodec(storage, journal, '/unused');
    const calls = { history: 0, locate: 0, reach: 0 };
    const replica = new ReplicaJournal({
      memory: new MemoryPool(2 * maxRingBytes).open('replica'),
      parent: {
        history: async (...page) => {
          calls.history++;
          return parent.history?.(...page) ?? historyOf(journal, ...page);
        },
        locate: (query) => {
          calls.locate++;
          return parent.locate?.(query) ?? journal.locate(query);
        },
        reach: async () => {
          calls.reach++;
          feed();
        },
      },
    });
    const feed = (through = journal.last) => {
      replica.take(pageOf(journal, replica.position?.taken ?? journal.last, through));
    };
    await test({ journal, replica, cursors, storage, calls, feed });
  });
}

export function pageOf(journal: Journal, after: number, through: number, version = 1): ReplicaPage {
  const { slices, isMissing } = journal.readPart(after, through - after, Number.POSITIVE_INFINITY);
  const common = { format: REPLICA_FORMAT, journal: journal.facts, version, directory: DIRECTORY };
  return { ...common, after, through, slices, isMissing };
}

function historyOf(journal: Journal, after: number, events: number, bytes: number): HistoryPage {
  return { journal: journal.facts, ...journal.readPart(after, events, bytes) };
}

/** Appends events with these ids, one a millisecond from the time on. */
export function accept(journal: Journal, ids: readonly string[], from = 1000): void {
  append(journal, ...ids.map((id, i) => record(id, from + i)));
}

/** The ids that follow a sequence, as a subscriber reads them. */
export async function idsAfter(journal: SubscriberJournal, after: number): Promise<string[]> {
  const ids: string[] = [];
  for (let position = after; position < journal.last; ) {
    await journal.load(position);
    const page = journal.read(position, 10, 1_000_000);
    ids.push(...page.entries.map((entry) => ('gap' in entry ? entry.gap : entry.frame.event.id)));
    position = page.through;
  }
  return ids;
}
