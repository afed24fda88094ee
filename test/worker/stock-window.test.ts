/** What a stock subscriber is sent at once has a bound, whether it is of the past or new. */
import { runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { eventBatch } from '../../src/event/event-batch.ts';
import { Replay } from '../../src/hub/catch-up/replay.ts';
import { ReplayThrottle } from '../../src/hub/catch-up/replay-throttle.ts';
import { TurnBudget } from '../../src/hub/delivery/turn-budget.ts';
import type { Journal } from '../../src/hub/journal/journal.ts';
import { PositionLookup } from '../../src/hub/journal/position-lookup.ts';
import { EventEntry, type JournalEntry } from '../../src/hub/journal/record.ts';
import { acceptedTogether } from '../../src/hub/journal/segment-builder.ts';
import { MAX_HELD_DECISIONS, MAX_REPLAY_BYTES, MAX_TURN_BYTES } from '../../src/hub/limits.ts';
import type { Subscribers } from '../../src/hub/subscribers/compose-subscribers.ts';
import type { Subscription } from '../../src/subscription/handshake.ts';
import { Frame } from '../../src/wire/frame.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { it } from './fixtures.ts';
import { handshakeTo, hubStub, Subscriber, someMemory, subscribersIn } from './support.ts';

const RETENTION = { events: 10_000, bytes: 100_000_000, ageMs: 60_000 };
const SIZE = 20_000;
/** More than one is sent at once. */
const MANY = Math.ceil((1.5 * MAX_REPLAY_BYTES) / SIZE);

function record(id: string, source = 'vault://carillon'): { key: string; json: string } {
  const json = encodeJson({
    id,
    source,
    time: '2026-01-31T23:59:59Z',
    event_type: 'abc',
    namespace: '',
    entity_ids: [],
    note: 'x'.repeat(SIZE),
  });
  return { key: `${id}\n${source}`, json };
}

function append(
  journal: Journal,
  records: readonly { key: string; json: string }[],
): JournalEntry[] {
  const batch = acceptedTogether(eventBatch(records), Date.now());
  const [sequences = []] = journal.transaction(() => journal.append([batch]));
  return records.map(({ json }, i) => new EventEntry(sequences[i] ?? 0, new Frame(json)));
}

interface Stage {
  readonly journal: Journal;
  readonly subscribers: Subscribers;
  subscribe(more?: Partial<Subscription>): Promise<Subscriber>;
}

/** Runs a test in the storage of a hub that nobody else uses. */
function staged(test: (stage: Stage) => Promise<void>): Promise<void> {
  return runInDurableObject(hubStub('unused'), async (_hub, state) => {
    const subscribers = subscribersIn(state, { retention: RETENTION });
    const { journal, handshakes } = subscribers;
    await test({
      journal,
      subscribers,
      subscribe: async (more) => {
        const handshake = handshakeTo('abc');
        const subscription = { ...handshake.subscription, ...more };
        const { webSocket } = await handshakes.accept({ ...handshake, subscription });
        if (webSocket === null) throw new Error('not accepted');
        return new Subscriber(webSocket);
      },
    });
  });
}

async function all(subscriber: Subscriber): Promise<string[]> {
  const ids: string[] = [];
  while (subscriber.waiting > 0) ids.push(await subscriber.nextId());
  return ids;
}

it('who is due more at once is sent the beginning, and comes back', () =>
  staged(async ({ journal, subscribers, subscribe }) => {
    const some = [await subscribe(), await subscribe()];
    const ids = Array.from({ length: MANY }, (_, i) => `e${i}`);
    await subscribers.fanOut.deliver(
      append(
        journal,
        ids.map((id) => record(id)),
      ),
    );
    for (const subscriber of some) {
      expect(await subscriber.closed).toEqual({ code: 1013, reason: 'resume' });
      const heard = await all(subscriber);
      expect(heard).toEqual(ids.slice(0, heard.length));
      expect(heard.length * SIZE).toBeLessThan(MAX_REPLAY_BYTES);
      expect((heard.length + 2) * SIZE).toBeGreaterThan(MAX_REPLAY_BYTES);
    }
  }));

it('who has missed nothing takes no turn, however many come', () =>
  staged(async ({ subscribe }) => {
    const turn = vi.spyOn(TurnBudget.prototype, 'nextTurn');
    await Promise.all(Array.from({ length: 600 }, () => subscribe()));
    expect(turn).not.toHaveBeenCalled();
  }));

it('it ends with an event whose id leads back to it', () =>
  staged(async ({ journal, subscribers, subscribe }) => {
    const subscriber = await subscribe();
    const border = Math.floor(MAX_REPLAY_BYTES / SIZE);
    const entries = append(journal, [
      ...Array.from({ length: border - 5 }, (_, i) => record(`e${i}`)),
      ...Array.from({ length: 20 }, (_, i) => record('same', `urn:${i}`)),
      ...Array.from({ length: 10 }, (_, i) => record(`f${i}`)),
    ]);
    await subscribers.fanOut.deliver(entries);
    expect((await subscriber.closed).code).toBe(1013);
    expect((await all(subscriber)).slice(-2)).toEqual(['same', 'f0']);
  }));

it('a reader of carillon.v1 is not closed: it has its credit', () =>
  staged(async ({ journal, subscribers, subscribe }) => {
    const reader = await subscribe({ protocol: 'carillon.v1' });
    const ids = Array.from({ length: MANY }, (_, i) => `e${i}`);
    await subscribers.fanOut.deliver(
      append(
        journal,
        ids.map((id) => record(id)),
      ),
    );
    await vi.waitFor(() => expect(reader.waiting).toBeGreaterThan(1));
    const closed = reader.closed.then(() => 'closed');
    expect(await Promise.race([closed, scheduler.wait(50)])).toBeUndefined();
  }));

it('many classes are decided about in several parts, and hear everything in order', () =>
  staged(async ({ journal, subscribers, subscribe }) => {
    const one = await subscribe();
    const classes = vi.spyOn(subscribers.classes, 'size', 'get').mockReturnValue(300_000);
    const ids = Array.from({ length: 10 }, (_, i) => `e${i}`);
    await subscribers.fanOut.deliver(
      append(
        journal,
        ids.map((id) => record(id)),
      ),
    );
    expect(classes.mock.calls.length).toBeGreaterThan(3);
    await vi.waitFor(() => expect(one.waiting).toBe(10));
    expect(await all(one)).toEqual(ids);
  }));

it('who is due more is closed also if what it may get ends with a part', () =>
  staged(async ({ journal, subscribers, subscribe }) => {
    const one = await subscribe();
    // So each part is one event.
    vi.spyOn(subscribers.classes, 'size', 'get').mockReturnValue(MAX_HELD_DECISIONS);
    const ids = Array.from({ length: MANY }, (_, i) => `e${i}`);
    await subscribers.fanOut.deliver(
      append(
        journal,
        ids.map((id) => record(id)),
      ),
    );
    expect(await one.closed).toEqual({ code: 1013, reason: 'resume' });
    const heard = await all(one);
    expect(heard).toEqual(ids.slice(0, heard.length));
    expect(heard.length * SIZE).toBeLessThan(MAX_REPLAY_BYTES);
  }));

it('a replay whose filter takes longer than there is between events gives up; others do not', () =>
  staged(async ({ journal }) => {
    const budget = new TurnBudget();
    const throttle = new ReplayThrottle(budget);
    const replay = () =>
      new Replay({ journal, throttle, budget, memory: someMemory() }, 0, {
        owner: '',
        encoding: 'json',
        wants: () => {
          budget.count(MAX_TURN_BYTES);
          return false;
        },
        leadsBack: () => false,
        lookup: new PositionLookup(journal),
      });
    append(
      journal,
      Array.from({ length: 5 }, (_, i) => record(`e${i}`)),
    );
    const patient = replay();
    await patient.readMost();
    expect(patient.readRest()).toBe(true);

    let turns = 0;
    vi.spyOn(throttle, 'nextTurn').mockImplementation(async () => {
      await budget.nextTurn();
      append(journal, [record(`one ${turns}`), record(`two ${turns++}`)]);
    });
    const outpaced = replay();
    await outpaced.readMost();
    expect(outpaced.readRest()).toBe(false);
  }));
