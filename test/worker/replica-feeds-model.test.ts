/**
 * Parents and their replicas against a list of all events: whatever is lost, repeated, late, forgotten or wanted, each replica
 * gets what it was promised, in order, and nothing twice as long as it remembers. fast-check prints the seed of what fails, and
 * the shortest run that does.
 */
import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { runs } from '../unit/support/runs.ts';
import { it } from './fixtures.ts';
import { type Fate, Parent, quiet, Replica, wanted } from './replica-support.ts';

const TYPES = ['a', 'b', 'c'] as const;
const FATES: readonly Fate[] = ['answered', 'lost', 'answer lost', 'late', 'doubled', 'slow'];
/** When a replica hears that it is attached. */
const ANSWERS = ['now', 'later', 'never'] as const;
type Answer = (typeof ANSWERS)[number];
const REPLICAS = 3;
const MAX_STEPS = 30;
/** What never comes is a failure too, with its seed. */
const RUN_TIMEOUT_MS = 20_000;

/** What a replica was promised: that it hears all events of these types. */
class Promised {
  types: readonly string[] = [];
  sequences: number[] = [];
  hasForgotten = false;

  /** @param last of the journal before these events */
  published(types: readonly string[], last: number): void {
    for (const [i, type] of types.entries()) {
      if (this.types.includes(type)) this.sequences.push(last + 1 + i);
    }
  }
}

class Run {
  readonly parent: Parent;
  readonly replicas: { readonly replica: Replica; readonly promised: Promised }[];
  /** What a replica wants, without its pattern. */
  readonly #wants = new Map<Replica, readonly string[]>();

  constructor(isHub: boolean) {
    this.parent = new Parent(isHub);
    this.replicas = Array.from({ length: REPLICAS }, (_, i) => ({
      replica: new Replica(`/kv#weur-${i + 1}`, this.parent),
      promised: new Promised(),
    }));
  }

  publishes(types: readonly string[]): void {
    for (const { promised } of this.replicas) promised.published(types, this.parent.last);
  }

  async attach(index: number, types: readonly string[], answer: Answer): Promise<void> {
    const { replica, promised } = this.#at(index);
    this.#wantsOnly(replica, promised, types);
    const { last } = this.parent;
    await replica.attach(this.parent, wanted(...types), answer, () => {
      const since = Array.from({ length: this.parent.last - last }, (_, i) => last + 1 + i);
      const heard = since.filter((sequence) => types.includes(this.parent.typeOf(sequence)));
      promised.sequences = [...new Set([...promised.sequences, ...heard])];
      promised.types = types;
    });
  }

  narrow(index: number, kept: readonly string[]): void {
    const { replica, promised } = this.#at(index);
    const types = (this.#wants.get(replica) ?? []).filter((type) => kept.includes(type));
    this.#wantsOnly(replica, promised, types);
    replica.wants(wanted(...types));
  }

  forget(index: number): void {
    const { replica, promised } = this.#at(index);
    promised.hasForgotten = true;
    replica.position = undefined;
  }

  /** Ends what goes on, and says what each replica has. */
  async check(): Promise<void> {
    const { parent } = this;
    parent.fates.length = 0;
    await parent.letGo();
    await parent.alarms();
    for (const { replica, promised } of this.replicas) {
      const { received } = replica;
      const missing = promised.sequences.filter((sequence) => !received.includes(sequence));
      expect(missing, `${replica.name} misses`).toEqual([]);
      expect(replica.gaps).toBe(0);
      if (promised.hasForgotten) continue;
      expect(received, `${replica.name} in order, once`).toEqual(
        [...new Set(received)].sort((a, b) => a - b),
      );
    }
  }

  /** Of what it does not want any more, it may get what is on its way. */
  #wantsOnly(replica: Replica, promised: Promised, types: readonly string[]): void {
    this.#wants.set(replica, types);
    promised.types = promised.types.filter((type) => types.includes(type));
    promised.sequences = promised.sequences.filter((sequence) =>
      types.includes(this.parent.typeOf(sequence)),
    );
  }

  #at(index: number) {
    const at = this.replicas[index];
    if (at === undefined) throw new Error(`there is no replica ${index}`);
    return at;
  }
}

type Step = (run: Run) => Promise<void> | void;

const types = fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 4 });
const interest = fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1 });
const replica = fc.nat({ max: REPLICAS - 1 });

function step(name: string, run: Step): { name: string; run: Step; toString(): string } {
  return { name, run, toString: () => name };
}

const common = [
  fc.constantFrom(...FATES).map((fate) => step(fate, ({ parent }) => void parent.fates.push(fate))),
  fc
    .tuple(replica, interest, fc.constantFrom(...ANSWERS))
    .map(([i, all, answer]) =>
      step(`attach ${i} ${all} ${answer}`, (run) => run.attach(i, all, answer)),
    ),
  fc
    .tuple(replica, interest)
    .map(([i, kept]) => step(`narrow ${i} ${kept}`, (run) => run.narrow(i, kept))),
  fc.constant(step('alarm', ({ parent }) => parent.alarms(1))),
  fc.constant(step('let go', ({ parent }) => parent.letGo())),
];

const ofHub = fc.oneof(
  ...common,
  types.map((all) =>
    step(`publish ${all}`, (run) => {
      run.publishes(all);
      return run.parent.publish(...all);
    }),
  ),
  types.map((all) =>
    step(`store ${all} and be lost`, (run) => {
      run.publishes(all);
      run.parent.store(...all);
      run.parent.evict();
    }),
  ),
  fc.constant(step('evict', ({ parent }) => parent.evict())),
);

const ofHead = fc.oneof(
  ...common,
  types.map((all) =>
    step(`take ${all}`, (run) => {
      run.publishes(all);
      return run.parent.take(...all);
    }),
  ),
  types.map((all) =>
    step(`take ${all}, lose it and take it again`, async (run) => {
      const { parent } = run;
      run.publishes(all);
      const { last } = parent;
      void parent.take(...all).catch(() => undefined);
      await quiet();
      parent.loseAfter(last);
      await parent.take(...all);
    }),
  ),
  fc.constant(step('evict', ({ parent }) => parent.evict())),
  replica.map((i) => step(`forget ${i}`, (run) => run.forget(i))),
);

it.for([
  ['the regions of a hub', true, ofHub],
  ['the shards of a region head', false, ofHead],
] as const)(
  '%s get what they were promised, in order and once',
  { timeout: 600_000 },
  async ([, isHub, steps]) => {
    vi.spyOn(console, 'error').mockReturnValue();
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: MAX_STEPS }), async (all) => {
        const run = new Run(isHub);
        for (const { run: take } of all) await take(run);
        await run.check();
      }),
      { numRuns: runs(1000), timeout: RUN_TIMEOUT_MS },
    );
  },
);
