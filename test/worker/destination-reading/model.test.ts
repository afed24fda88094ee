/**
 * A destination against a model, which is a list of what was published: whatever is read, settled, set back, trimmed and lost in
 * whatever order, every event that the policies allow is delivered, or a gap is in its place. fast-check prints the seed of what
 * fails.
 */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { Journal } from '../../../src/hub/journal/journal.ts';
import type { ReadPart } from '../../../src/push/reading/read-part.ts';
import { runs } from '../../unit/support/runs.ts';
import { it } from '../fixtures.ts';
import { on, root } from '../security-support.ts';
import { aHub, aPolicy, aReader, type ReadingDestination } from './support.ts';

const KINDS = {
  wanted: { path: 'secret/a', type: 'done' },
  foreign: { path: 'other/a', type: 'done' },
  unwanted: { path: 'secret/a', type: 'ignored' },
} as const;

type Step =
  | { readonly step: 'publish'; readonly kinds: readonly (keyof typeof KINDS)[] }
  /** How many events of how many parts are read ahead, how many of them are settled, and whether that is later. */
  | {
      readonly step: 'read';
      readonly size: number;
      readonly parts: number;
      readonly settled: number;
      readonly isLate: boolean;
    }
  /** What is late. */
  | { readonly step: 'settle' }
  | { readonly step: 'lose' }
  | { readonly step: 'replay' }
  | { readonly step: 'trim' };

const step = fc.oneof(
  fc.record({
    step: fc.constant('publish' as const),
    kinds: fc.array(fc.constantFrom('wanted', 'foreign', 'unwanted'), {
      minLength: 1,
      maxLength: 6,
    }),
  }),
  fc.record({
    step: fc.constant('read' as const),
    size: fc.integer({ min: 1, max: 4 }),
    parts: fc.integer({ min: 1, max: 3 }),
    settled: fc.nat(8),
    isLate: fc.boolean(),
  }),
  fc.constant({ step: 'settle' as const }),
  fc.constant({ step: 'lose' as const }),
  fc.constant({ step: 'replay' as const }),
  fc.constant({ step: 'trim' as const }),
) as fc.Arbitrary<Step>;

class Model {
  readonly #hub: string;
  readonly #eventTypeNamespace: string;
  readonly #destination: ReadingDestination;
  /** Sequences that it has to be sent. */
  readonly #owed = new Set<number>();
  /** Of attempts that are under way. */
  #late: (() => Promise<unknown>)[] = [];
  #published = 0;

  constructor(hub: string, destination: ReadingDestination) {
    this.#hub = hub;
    this.#eventTypeNamespace = hub.slice(1);
    this.#destination = destination;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) await this.#run(each);
    await this.#settle();
    while ((await this.#news()).includes(this.#hub)) {
      const part = await this.#destination.reads(this.#hub, 3);
      await this.#send(part.events);
      await this.#destination.settles(part);
    }
    expect([...this.#owed]).toEqual([]);
  }

  async #run(each: Step): Promise<void> {
    switch (each.step) {
      case 'publish':
        return this.#publish(each.kinds);
      case 'read':
        return this.#read(each);
      case 'settle':
        return this.#settle();
      case 'lose':
        this.#late = [];
        return this.#destination.wakes();
      case 'replay':
        return this.#destination.run((reading) => reading.replay({ kind: 'earliest' }, []));
      case 'trim':
        return this.#trim();
    }
  }

  #news(): Promise<string[]> {
    return this.#destination.run((reading) => reading.withNews());
  }

  async #settle(): Promise<void> {
    for (const settle of this.#late.splice(0)) await settle();
  }

  async #publish(kinds: readonly (keyof typeof KINDS)[]): Promise<void> {
    for (const kind of kinds) {
      const { path, type } = KINDS[kind];
      await root.published(`${this.#eventTypeNamespace}/${type}`, on(path));
      this.#published++;
      if (kind === 'wanted') this.#owed.add(this.#published);
    }
    await this.#destination.marks(this.#hub);
  }

  /** Parts are sent in order, and settled up to some event of the last one that is. */
  async #read({ size, parts, settled, isLate }: Step & { step: 'read' }): Promise<void> {
    await this.#settle();
    let left = settled;
    let after: ReadPart | undefined;
    for (let i = 0; i < parts && !after?.isEnd; i++) {
      const part = await this.#destination.reads(this.#hub, size, after);
      after = part;
      const count = Math.min(left, part.events.length);
      left -= count;
      const sent = part.events.slice(0, count);
      await this.#send(sent);
      this.#late.push(() => this.#destination.settles(part, count, sent.length > 0));
      if (count < part.events.length) break;
    }
    if (!isLate) await this.#settle();
  }

  async #send(events: Parameters<ReadingDestination['allowed']>[0]): Promise<void> {
    for (const { event, sequence } of await this.#destination.allowed(events)) {
      if (event.event_type !== 'carillon/gap') {
        expect(event).toMatchObject({ metadata: { path: 'secret/a' } });
        this.#owed.delete(sequence);
        continue;
      }
      const { after, through } = event.metadata as { after: number; through: number };
      for (const owed of [...this.#owed]) {
        if (owed > after && owed <= through) this.#owed.delete(owed);
      }
    }
  }

  /** The oldest segment goes. */
  async #trim(): Promise<void> {
    await runInDurableObject(env.HUB.getByName(this.#hub), (_hub, { storage }) => {
      const tables = "SELECT 1 FROM sqlite_master WHERE name = 'segments'";
      if (storage.sql.exec(tables).toArray().length === 0) return;
      const retention = { events: 1000, bytes: 1e6, ageMs: 1e9 };
      const journal = new Journal(storage, retention);
      const oldest = journal.segmentAt(journal.trimmedThrough + 1);
      if (oldest !== undefined) journal.transaction(() => journal.trimThrough(oldest));
    });
    // It has read its header before.
    await evictDurableObject(env.HUB.getByName(this.#hub));
  }
}

it('positions never skip an event that is allowed', async () => {
  const policies = [await aPolicy()];
  vi.spyOn(console, 'info').mockImplementation(() => undefined);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const { hub } = aHub();
      const pattern = `${hub.slice(1)}/done`;
      const destination = await aReader(hub, { policies, pattern });
      await new Model(hub, destination).run(steps);
    }),
    { numRuns: runs(100), endOnFailure: false },
  );
});
