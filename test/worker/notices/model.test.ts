/**
 * A hub and its dispatcher against a list of all events: whatever fails, hangs or is killed, the dispatcher is told of each event that
 * is wanted, after it is visible. fast-check prints the seed of what fails, and the shortest run that does.
 */
import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { eventBatch } from '../../../src/event/event-batch.ts';
import { eventKey } from '../../../src/event/publication.ts';
import { Announcements } from '../../../src/hub/notices/announcements.ts';
import { Notices } from '../../../src/hub/notices/notices.ts';
import type { Notice } from '../../../src/objects/destination-contract.ts';
import { anEvent } from '../../unit/support/events.ts';
import { runs } from '../../unit/support/runs.ts';
import { it } from '../fixtures.ts';
import { quiet } from '../replica-support.ts';

const MAX_STEPS = 25;
const RUN_TIMEOUT_MS = 20_000;

/** What becomes of a call. */
type Fate = 'answered' | 'lost' | 'answer lost' | 'slow';

const STEPS = fc.oneof(
  fc.record({
    kind: fc.constant('publish' as const),
    types: fc.array(fc.constantFrom('kv/a', 'kv/b', 'kv/other'), { minLength: 1, maxLength: 3 }),
    /** Whether they begin another row, which has its own note. */
    isNewRow: fc.boolean(),
    /** Whether the object is killed when they are durable, and nobody has seen them. */
    isKilled: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('kill' as const) }),
  fc.record({ kind: fc.constant('ring' as const) }),
  fc.record({ kind: fc.constant('answer' as const) }),
  fc.record({
    kind: fc.constant('fate' as const),
    fate: fc.constantFrom<Fate>('answered', 'lost', 'answer lost', 'slow'),
    /** Of so many calls. */
    times: fc.constantFrom(1, 1, 2, 6),
  }),
);

class Hub {
  notices: Notices;
  /** The calls that arrived. */
  calls = 0;
  mostAtOnce = 0;
  readonly #fates: Fate[] = [];
  readonly #entries = new Map<string, unknown>();
  /** The types of the events, in order. */
  readonly #types: string[] = [];
  readonly #told = new Set<number>();
  #note = '';
  #visible = 0;
  #life = 0;
  #underWay = 0;
  #held: (() => void)[] = [];

  constructor() {
    this.notices = this.#compose();
  }

  publish(types: readonly string[], isNewRow: boolean, isKilled: boolean): void {
    const batch = eventBatch(
      types.map((event_type) => ({ key: eventKey('x', '', anEvent({ event_type })), json: '{}' })),
    );
    const wanted = this.notices.wantedOf([batch]);
    const note = this.notices.noteAfter(this.#types.length, wanted);
    this.#note = note ?? (isNewRow ? '' : this.#note);
    this.#types.push(...types);
    if (wanted !== undefined) this.notices.guard(wanted);
    if (isKilled) {
      this.kill();
      return;
    }
    this.#visible = this.#types.length;
    this.notices.tell();
  }

  kill(): void {
    this.#life++;
    this.#held = [];
    this.#underWay = 0;
    this.#visible = this.#types.length;
    this.notices = this.#compose();
  }

  ring(): void {
    const due = this.notices.nextDue();
    if (due !== Number.POSITIVE_INFINITY) this.notices.run(Math.max(due, Date.now()));
  }

  expectFates(...fates: readonly Fate[]): void {
    this.#fates.push(...fates);
  }

  letGo(): void {
    for (const each of this.#held.splice(0)) each();
  }

  /** The sequences of events that are wanted, and of which nobody was told. */
  get untold(): number[] {
    return this.#types.flatMap((type, i) =>
      type === 'kv/other' || this.#told.has(i + 1) ? [] : [i + 1],
    );
  }

  #compose(): Notices {
    const life = this.#life;
    const hub = this;
    const journal = {
      get note() {
        return hub.#note;
      },
      get last() {
        return hub.#visible;
      },
      epoch: 'first',
      isUnused: false,
      shown: async () => undefined,
    };
    const kv = {
      get: (key: string) => this.#entries.get(key),
      put: (key: string, value: unknown) => {
        if (life === this.#life) this.#entries.set(key, value);
      },
    } as Pick<DurableObjectStorage['kv'], 'get' | 'put'>;
    const announcements = new Announcements(kv, '/kv');
    const interest = ['kv/a', 'kv/b'].map((pattern) => ({ pattern, namespaces: [''] }));
    announcements.accept('', { version: 1, interest });
    return new Notices({
      ctx: { waitUntil: () => undefined },
      kv,
      alarms: { arm: () => undefined },
      journal,
      announcements,
      counts: { noticesSent: 0, noticesFailed: 0 },
      hub: '/kv',
      notify: (notice) => (life === this.#life ? this.#call(notice, life) : never()),
    });
  }

  async #call({ types }: Notice, life: number): Promise<void> {
    const fate = this.#fates.shift() ?? 'answered';
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay);
    await Promise.resolve();
    if (fate !== 'lost') {
      this.calls++;
      // The destinations read what is visible.
      for (let sequence = 1; sequence <= this.#visible; sequence++) {
        const type = this.#types[sequence - 1] ?? '';
        if (types === undefined || types.includes(type)) this.#told.add(sequence);
      }
    }
    if (fate === 'slow') await new Promise<void>((resolve) => this.#held.push(resolve));
    if (life !== this.#life) return never();
    this.#underWay--;
    if (fate === 'lost' || fate === 'answer lost') throw new Error('the dispatcher is down');
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

it('a hub tells its dispatcher of every event that is wanted', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await fc.assert(
    fc.asyncProperty(fc.array(STEPS, { maxLength: MAX_STEPS }), async (steps) => {
      const hub = new Hub();
      for (const step of steps) {
        if (step.kind === 'publish') hub.publish(step.types, step.isNewRow, step.isKilled);
        else if (step.kind === 'kill') hub.kill();
        else if (step.kind === 'ring') hub.ring();
        else if (step.kind === 'answer') hub.letGo();
        else hub.expectFates(...new Array<Fate>(step.times).fill(step.fate));
        await quiet();
      }
      for (let i = 0; i < 10 * MAX_STEPS; i++) {
        hub.letGo();
        await quiet();
        if (hub.notices.isIdle) break;
        hub.ring();
      }
      expect(hub.untold).toEqual([]);
      expect(hub.notices.isIdle).toBe(true);
      expect(hub.mostAtOnce).toBeLessThanOrEqual(1);
      // What is known now is stored.
      const { calls } = hub;
      hub.kill();
      expect(hub.notices.isIdle).toBe(true);
      expect(hub.calls).toBe(calls);
    }),
    {
      numRuns: runs(400),
      timeout: RUN_TIMEOUT_MS,
    },
  );
});
