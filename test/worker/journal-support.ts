/** What the tests of the journal share: a journal in the storage of a hub that nobody uses. */
import { runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import type { Retention } from '../../src/config/retention.ts';
import { eventBatch } from '../../src/event/event-batch.ts';
import { FingerprintBlock } from '../../src/hub/journal/fingerprint-block.ts';
import { Journal } from '../../src/hub/journal/journal.ts';
import type { NewRecords } from '../../src/hub/journal/record.ts';
import { createTables, hubStub } from './support.ts';

export const RETENTION: Retention = { events: 100, bytes: 1_000_000, ageMs: 60_000 };

export interface TestRecord {
  readonly key: string;
  readonly acceptedAt: number;
  readonly json: string;
}

/** A record of an event with an id. Its frame can be read. */
export function record(id: string, acceptedAt = 1000, json = frameOf(id)): TestRecord {
  return { key: `${id}\np\n\nabc\ns`, acceptedAt, json };
}

/** @param note makes the frame longer */
export function frameOf(id: string, note = ''): string {
  return `${JSON.stringify({ id, source: 's', time: '', data: { event: { id, note }, event_type: 'abc' } })}\n`;
}

export function recordsOf(...records: readonly TestRecord[]): NewRecords {
  const acceptedAt = Float64Array.from(records, (each) => each.acceptedAt);
  return { ...eventBatch(records), acceptedAt };
}

/** Runs `test` with a journal in the storage of a hub that nobody uses. */
export function withJournal(
  retention: Partial<Retention>,
  test: (
    journal: Journal,
    storage: DurableObjectStorage,
    again: () => Journal,
  ) => void | Promise<void>,
): Promise<void> {
  return runInDurableObject(hubStub('unused'), async (_hub, { storage }) => {
    createTables(storage);
    const open = () => new Journal(storage, { ...RETENTION, ...retention });
    await test(open(), storage, open);
  });
}

/** Appends the records of one request. @returns their sequences */
export function append(
  journal: Journal,
  ...records: readonly TestRecord[]
): (number | undefined)[] {
  return journal.transaction(() => journal.append([recordsOf(...records)])).flat();
}

/** Appends events one after the other, in requests of so many. */
export function appendAll(journal: Journal, ids: readonly string[], perRequest = ids.length): void {
  for (let i = 0; i < ids.length; i += perRequest) {
    append(journal, ...ids.slice(i, i + perRequest).map((id) => record(id)));
  }
}

/** So many ids: `e1`, `e2`, … */
export function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `e${i + 1}`);
}

export function sequences(journal: Journal): number[] {
  return journal.read(0, 10_000, 10_000_000).entries.map(({ sequence }) => sequence);
}

/** What a reader gets, page by page: the ids of events, and `gap` with the sequence where events are missing. */
export function readAll(journal: Journal, after = 0, maxEntries = 7): string[] {
  const read: string[] = [];
  for (let position = after; ; ) {
    const { entries } = journal.read(position, maxEntries, 1_000_000);
    const last = entries.at(-1);
    if (last === undefined) return read;
    if (last.sequence <= position) throw new Error(`the reader hangs at ${position}`);
    position = last.sequence;
    read.push(
      ...entries.map((each) =>
        'gap' in each ? `${each.gap} ${each.sequence}` : each.frame.event.id,
      ),
    );
  }
}

/** The rows of the segments, without their texts. */
export function segmentsOf({ sql }: DurableObjectStorage): { first: number; count: number }[] {
  return sql
    .exec<{ first: number; count: number }>('SELECT first, count FROM segments ORDER BY first')
    .toArray();
}

/** Makes the fingerprints of all events equal, until mocks are undone. @returns undoes these only */
export function collideFingerprints(): () => void {
  const { append: realAppend, find, withId } = FingerprintBlock.prototype;
  const spies = [
    vi.spyOn(FingerprintBlock.prototype, 'append').mockImplementation(function (
      this: FingerprintBlock,
      fingerprints,
    ) {
      realAppend.call(this, new Uint32Array(fingerprints.length).fill(7));
    }),
    vi.spyOn(FingerprintBlock.prototype, 'find').mockImplementation(function (
      this: FingerprintBlock,
      _low,
      _high,
      accept,
    ) {
      return find.call(this, 7, 7, accept);
    }),
    vi.spyOn(FingerprintBlock.prototype, 'withId').mockImplementation(function (
      this: FingerprintBlock,
      _id,
      order,
    ) {
      return withId.call(this, 7, order);
    }),
  ];
  return () => {
    for (const each of spies) each.mockRestore();
  };
}
