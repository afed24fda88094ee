/**
 * Hubs against the model of a journal, which is a list: whatever is published, repeated, evicted, killed, trimmed
 * and resumed in whatever order, each subscriber has what the list says. fast-check prints the seed of what
 * fails, and the shortest run that does.
 *
 * A segment has at most a sixteenth of the journal, so most runs have many.
 */
import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, expect, vi } from 'vitest';
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import { runs } from '../unit/support/runs.ts';
import { it } from './fixtures.ts';
import { collideFingerprints } from './journal-support.ts';
import {
  breakTable,
  handshake,
  hubStub,
  publish,
  repair,
  Subscriber,
  wildcardHubStub,
} from './support.ts';

const KEPT = Number(env.JOURNAL_MAX_EVENTS);
/** Beyond which a journal is trimmed. */
const SLACK = KEPT / 16;
/** What never comes is a failure too, with its seed. */
const RUN_TIMEOUT_MS = 60_000;
const MAX_STEPS = 40;

/** All that was ever accepted, in order. A place is an index: what follows it comes next. */
class Model {
  /** Also those on their way. */
  readonly ids: string[] = [];
  acknowledged = 0;

  /** The oldest place that is surely kept. */
  get surelyKept(): number {
    return Math.max(this.ids.length - KEPT, 0);
  }

  /** The oldest place that may be kept. */
  get maybeKept(): number {
    return Math.max(this.acknowledged - KEPT - SLACK, 0);
  }
}

/** The journals of a run; the wildcard hub has the events of both hubs. */
type HubName = 'deploy' | 'build';
type Journal = HubName | 'wildcard';
const JOURNALS: readonly Journal[] = ['deploy', 'build', 'wildcard'];
type Form = 'stock' | 'carillon.v1';

// Of listeners that name no position, the model expects that they begin at the present. `returns.test.ts` has the others.
beforeEach(() => {
  Object.assign(env, { RECONNECT_WINDOW: '0s' });
});

/** From now on, all that is kept, or after the event that is so many before the last. */
type Beginning = 'now' | 'earliest' | number;

class Listener {
  readonly #model: Model;
  readonly #pattern: string;
  readonly journal: Journal;
  readonly #form: Form;
  #beginning: Beginning;
  #subscriber: Subscriber | undefined;
  /** Undefined until the first event tells: it began with the oldest that was kept. */
  #place: number | undefined;
  /** What it names when it comes back. */
  #resumeAt: string | undefined;
  #pending: { id: string; cursor: string | undefined }[] = [];
  #maySkip = false;
  /** Where events in between may be lost that it was told of: they were trimmed while it was read what it missed. */
  #lostBefore = 0;
  /** What was kept when it was sent to the oldest event. */
  #oldest = { surely: 0, maybe: 0 };

  constructor(model: Model, journal: Journal, operation: string, form: Form, since: Beginning) {
    this.#model = model;
    this.#pattern = `${journal === 'wildcard' ? '*' : journal}/${operation}`;
    this.journal = journal;
    this.#form = form;
    this.#beginning = since;
  }

  /** Whether it names what it comes back after. */
  get canResume(): boolean {
    return this.#resumeAt !== undefined && this.#place !== undefined;
  }

  /** Subscribes, or comes back with what it has; what it had not taken is gone. */
  async connect(): Promise<void> {
    this.#subscriber?.socket.close(1000);
    this.#pending = [];
    const asked = this.#resumeAt ?? this.#named();
    const place = this.#resumeAt === undefined ? this.#begin() : this.#place;
    const maybe = this.#model.maybeKept;
    const response = await handshake(
      this.#pattern,
      `json=true${asked === undefined ? '' : `&since=${encodeURIComponent(asked)}`}`,
      this.#form === 'stock' ? {} : { 'Sec-WebSocket-Protocol': 'carillon.v1.json' },
    );
    if (response.webSocket === null) throw new Error(await response.text());
    this.#subscriber = new Subscriber(response.webSocket);
    const surely = this.#model.surelyKept;
    const isGone = response.headers.get('Last-Event-ID') === 'earliest';
    const isTold = /are lost/.test(response.headers.get('Carillon-Warning') ?? '');
    this.#lostBefore = isTold || isGone ? surely : 0;
    if (isGone && place !== undefined) {
      // An event names a place only as long as it is kept itself; a cursor needs what follows it.
      const needed = asked?.startsWith('cc2.') ? place : place - 1;
      expect(needed, 'a place that is kept').toBeLessThan(surely);
    }
    if (!isGone && place !== undefined) {
      expect(place, 'a place that is gone').toBeGreaterThanOrEqual(maybe);
    }
    if (isGone || place !== undefined || asked === 'earliest') this.#oldest = { surely, maybe };
    this.#place = isGone ? undefined : place;
    if (this.#form === 'carillon.v1') await this.#hello(isGone);
  }

  #named(): string | undefined {
    const { ids } = this.#model;
    if (typeof this.#beginning === 'string') {
      return this.#beginning === 'now' ? undefined : this.#beginning;
    }
    return ids.at(-1 - (this.#beginning % Math.max(ids.length, 1)));
  }

  /** The place of the beginning; undefined where it is that of the oldest event. */
  #begin(): number | undefined {
    const { length } = this.#model.ids;
    if (this.#beginning === 'earliest') return undefined;
    if (this.#beginning === 'now' || length === 0) return length;
    return length - (this.#beginning % length);
  }

  async #hello(isGone: boolean): Promise<void> {
    const hello = await this.#message();
    expect(hello).toMatchObject({ type: 'hello', resumed: !isGone });
    if (hello.type === 'hello') this.#resumeAt = hello.cursor;
  }

  async #message(): Promise<ServerMessage> {
    return JSON.parse(String(await this.#subscriber?.next())) as ServerMessage;
  }

  /** Takes everything that it is due. */
  async catchUp(): Promise<void> {
    const { ids } = this.#model;
    while ((this.#place ?? 0) < ids.length) {
      const { id, cursor } = await this.#next();
      const index = ids.lastIndexOf(id);
      if (this.#place === undefined) {
        expect(index, `begins with ${id}`).toBeGreaterThanOrEqual(this.#oldest.maybe);
        expect(index, `begins with ${id}`).toBeLessThanOrEqual(this.#oldest.surely);
      } else if (this.#maySkip) {
        expect(index, `goes on with ${id}`).toBeGreaterThanOrEqual(this.#place);
      } else if (this.#place < this.#lostBefore) {
        expect(index, `goes on with ${id}`).toBeGreaterThanOrEqual(this.#place);
        expect(index, `goes on with ${id}`).toBeLessThanOrEqual(this.#lostBefore);
      } else {
        expect(id, `lost before ${this.#lostBefore}`).toBe(ids[this.#place]);
      }
      this.#maySkip = false;
      this.#place = index + 1;
      this.#resumeAt = cursor ?? id;
    }
  }

  async #next(): Promise<{ id: string; cursor: string | undefined }> {
    if (this.#form === 'stock') {
      return { id: (await this.#subscriber?.nextId()) ?? '', cursor: undefined };
    }
    for (;;) {
      const event = this.#pending.shift();
      if (event !== undefined) return event;
      const message = await this.#message();
      if (message.type === 'gap') {
        // It had fallen so far behind that the journal has let go of what came next.
        expect(this.#place ?? 0, 'told of a gap').toBeLessThan(this.#model.surelyKept);
        this.#maySkip = true;
      } else if (message.type === 'events') {
        const events = message.events.map(({ cursor, event }) => ({
          id: String(event.id),
          cursor,
        }));
        this.#pending.push(...events);
        this.#subscriber?.socket.send(
          JSON.stringify({ type: 'ack', cursor: events.at(-1)?.cursor }),
        );
      } else {
        throw new Error(`not events but ${JSON.stringify(message)}`);
      }
    }
  }
}

let made = 0;

class Run {
  /** Not that of another run, of which a hub may still be at work when it has failed. */
  readonly #operation = `run-${made++}`;
  readonly #models = { deploy: new Model(), build: new Model(), wildcard: new Model() };
  readonly #listeners: Listener[] = [];
  #published = 0;

  /** Publishes until all are stored. */
  async publish(hub: HubName, count: number): Promise<void> {
    await this.#publishIds(hub, this.#newIds(hub, count));
  }

  /** Publishes again what is kept, among new events: nobody hears it twice. */
  async repeat(hub: HubName, back: number, count: number): Promise<void> {
    const { ids } = this.#models[hub];
    const end = ids.length - (back % KEPT);
    const old = ids.slice(Math.max(end - count, ids.length - KEPT, 0), Math.max(end, 0));
    const added = this.#newIds(hub, 2);
    await this.#publishIds(hub, [...added.slice(0, 1), ...old, ...added]);
  }

  /** What a listener has not taken is trimmed while it takes, or comes back. */
  async outgrow(hub: HubName, which: number, how: 'takes' | 'comes back'): Promise<void> {
    const listener = this.#listeners[which % this.#listeners.length];
    if (listener === undefined) return;
    const published = this.publish(hub, KEPT);
    if (how === 'takes') await listener.catchUp();
    else if (listener.canResume) await listener.connect();
    await published;
  }

  /** Ends an object after it has appended, before that is durable. */
  async kill(journal: Journal): Promise<void> {
    const stub = stubOf(journal);
    await runInDurableObject(stub, (_object, state) => {
      const { storage } = state;
      const [name, real] =
        journal === 'wildcard'
          ? (['transactionSync', storage.transactionSync] as const)
          : (['sync', () => new Promise(() => undefined)] as const);
      Object.defineProperty(storage, name, {
        configurable: true,
        value: (...args: never[]) => {
          const result = (real as (...all: never[]) => unknown).apply(storage, args);
          state.abort('the hub died');
          return result;
        },
      });
    });
    for (const hub of feedersOf(journal)) {
      await this.publish(hub, 1);
      // A hub that is behind would be heard after the next one.
      await this.#fed(hub);
    }
    for (const each of this.#listeners) if (each.journal === journal) await each.connect();
  }

  /** Nothing is stored meanwhile, and all of it afterwards. */
  async fillDisk(journal: Journal): Promise<void> {
    const [hub = 'deploy'] = feedersOf(journal);
    const isUnused = this.#models[journal].ids.length === 0;
    if (isUnused) return;
    await breakTable(stubOf(journal), 'segments');
    const ids = this.#newIds(hub, 3);
    const status = await this.#post(hub, ids);
    expect(status).toBe(journal === 'wildcard' ? 200 : 503);
    await repair(stubOf(journal));
    await this.#publishIds(hub, ids);
    await this.#fed(hub);
  }

  async listen(journal: Journal, form: Form, since: Beginning): Promise<void> {
    const listener = new Listener(this.#models[journal], journal, this.#operation, form, since);
    this.#listeners.push(listener);
    await listener.connect();
  }

  async comeBack(which: number): Promise<void> {
    await this.#listeners[which % this.#listeners.length]?.connect();
  }

  async take(which: number): Promise<void> {
    await this.#listeners[which % this.#listeners.length]?.catchUp();
  }

  async evict(journal: Journal): Promise<void> {
    await evictDurableObject(await awake(journal));
  }

  /** Ends the hub and its sockets; those who listened come back. */
  async deploy(journal: Journal): Promise<void> {
    await evictDurableObject(await awake(journal), { webSockets: 'close' });
    for (const each of this.#listeners) if (each.journal === journal) await each.connect();
  }

  /** Nobody is left without anything, and nothing more comes than what is the last. */
  async end(): Promise<void> {
    for (const hub of ['deploy', 'build'] as const) await this.publish(hub, 1);
    for (const each of this.#listeners) await each.catchUp();
  }

  #newIds(hub: HubName, count: number): string[] {
    const ids = Array.from({ length: count }, () => `event-${this.#published++}`);
    this.#models[hub].ids.push(...ids);
    this.#models.wildcard.ids.push(...ids);
    return ids;
  }

  async #publishIds(hub: HubName, ids: readonly string[]): Promise<void> {
    for (let attempt = 0; (await this.#post(hub, ids)) !== 200; attempt++) {
      expect(attempt, 'attempts').toBeLessThan(5);
    }
    for (const model of [this.#models[hub], this.#models.wildcard]) {
      model.acknowledged = model.ids.length;
    }
  }

  /** @returns the status */
  async #post(hub: HubName, ids: readonly string[]): Promise<number> {
    const events = ids.map((id) => ({ id, event_type: `${hub}/${this.#operation}` }));
    const response = await publish('', events);
    await response.text();
    return response.status;
  }

  /** Waits until the wildcard hub has the last event of a hub. */
  async #fed(hub: HubName): Promise<void> {
    const id = this.#models[hub].ids.at(-1);
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(hubStub(hub));
        const keys = await runInDurableObject(wildcardHubStub(), (_hub, { storage }) =>
          storage.sql
            .exec<{ keys: string }>('SELECT keys FROM segments ORDER BY first DESC LIMIT 3')
            .toArray()
            .map((row) => row.keys),
        );
        expect(keys.join('')).toMatch(
          new RegExp(`${id}\n[^\n]*\n[^\n]*\n${hub}/${this.#operation}\n`),
        );
      },
      { timeout: 10_000 },
    );
  }
}

function stubOf(journal: Journal): DurableObjectStub {
  return journal === 'wildcard' ? wildcardHubStub() : hubStub(journal);
}

/** The hubs whose events a journal has. */
function feedersOf(journal: Journal): HubName[] {
  return journal === 'wildcard' ? ['deploy', 'build'] : [journal];
}

/** Only what runs can be evicted. */
async function awake(journal: Journal): Promise<DurableObjectStub> {
  const stub = stubOf(journal);
  await runInDurableObject(stub, () => undefined);
  return stub;
}

const hub = fc.constantFrom<HubName>('deploy', 'build');
const journal = fc.constantFrom(...JOURNALS);
const which = fc.nat(20);
const beginning = fc.oneof(fc.constantFrom<Beginning>('now', 'earliest'), fc.nat(2 * KEPT));

type Step = (run: Run) => Promise<void>;

/** What can happen, each with how often. */
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(hub, fc.integer({ min: 1, max: 5 }))
      .map(([to, count]) => named(`publish ${count} to ${to}`, (run) => run.publish(to, count))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(hub, fc.integer({ min: 50, max: 200 }))
      .map(([to, count]) => named(`publish ${count} to ${to}`, (run) => run.publish(to, count))),
  },
  { weight: 1, arbitrary: hub.map((to) => named(`outgrow ${to}`, (run) => run.publish(to, KEPT))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(hub, fc.nat(KEPT), fc.integer({ min: 1, max: 150 }))
      .map(([to, back, count]) =>
        named(`repeat ${count} of ${to}, ${back} back`, (run) => run.repeat(to, back, count)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(hub, which, fc.constantFrom('takes' as const, 'comes back' as const))
      .map(([to, index, how]) =>
        named(`outgrow ${to} while ${index} ${how}`, (run) => run.outgrow(to, index, how)),
      ),
  },
  { weight: 1, arbitrary: journal.map((of) => named(`kill ${of}`, (run) => run.kill(of))) },
  {
    weight: 1,
    arbitrary: journal.map((of) => named(`fill the disk of ${of}`, (run) => run.fillDisk(of))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(journal, fc.constantFrom<Form>('stock', 'carillon.v1'), beginning)
      .map(([to, form, since]) =>
        named(`listen to ${to} (${form}) since ${since}`, (run) => run.listen(to, form, since)),
      ),
  },
  {
    weight: 4,
    arbitrary: which.map((index) => named(`${index} comes back`, (run) => run.comeBack(index))),
  },
  {
    weight: 6,
    arbitrary: which.map((index) => named(`${index} takes all`, (run) => run.take(index))),
  },
  { weight: 2, arbitrary: journal.map((of) => named(`evict ${of}`, (run) => run.evict(of))) },
  { weight: 1, arbitrary: journal.map((of) => named(`deploy ${of}`, (run) => run.deploy(of))) },
);

/** What fast-check prints of a step. */
function named(name: string, does: Step): Step {
  return Object.assign((run: Run) => does(run), { [fc.toStringMethod]: () => name });
}

/** In some runs, the fingerprints of all events are equal. */
const collide = fc.nat(11).map((chance) => chance === 11);

it('hubs keep their journals as the model does, whatever happens to them', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: MAX_STEPS, size: 'max' }),
      collide,
      async (steps, isColliding) => {
        // Only what runs is reset.
        for (const each of JOURNALS) await awake(each);
        await reset();
        const restore = isColliding ? collideFingerprints() : () => undefined;
        try {
          const run = new Run();
          // From its first interest on, the wildcard hub has what its hubs have.
          await run.listen('wildcard', 'stock', 'now');
          for (const each of steps) await each(run);
          await run.end();
        } finally {
          restore();
        }
      },
    ),
    { numRuns: runs(300), timeout: RUN_TIMEOUT_MS },
  );
}, 600_000);
