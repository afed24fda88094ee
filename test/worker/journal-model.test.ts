/**
 * Hubs against the model of a journal, which is a list: whatever is published, repeated, evicted, trimmed
 * and resumed in whatever order, each subscriber has what the list says. fast-check prints the seed of what
 * fails, and the shortest run that does.
 */
import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import { runs } from '../unit/support/runs.ts';
import { it } from './fixtures.ts';
import { handshake, hubStub, publish, Subscriber, wildcardHubStub } from './support.ts';

const KEPT = Number(env.JOURNAL_MAX_EVENTS);
/** Beyond which a journal is trimmed. */
const SLACK = KEPT / 16;
/** What never comes is a failure too, with its seed. */
const RUN_TIMEOUT_MS = 15_000;
const MAX_STEPS = 40;

/** All that was ever accepted, in order. A place is an index: what follows it comes next. */
class Model {
  readonly ids: string[] = [];

  /** The oldest place that is surely kept, and the oldest that may be. */
  get kept(): { readonly surely: number; readonly maybe: number } {
    const surely = Math.max(this.ids.length - KEPT, 0);
    return { surely, maybe: Math.max(surely - SLACK, 0) };
  }
}

/** The journals of a run; the wildcard hub has the events of both hubs. */
type Journal = 'deploy' | 'build' | 'wildcard';
type Form = 'stock' | 'carillon.v1';
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
  /** What was kept when it was sent to the oldest event. */
  #oldest = { surely: 0, maybe: 0 };

  constructor(model: Model, journal: Journal, operation: string, form: Form, since: Beginning) {
    this.#model = model;
    this.#pattern = `${journal === 'wildcard' ? '*' : journal}/${operation}`;
    this.journal = journal;
    this.#form = form;
    this.#beginning = since;
  }

  /** Subscribes, or comes back with what it has; what it had not taken is gone. */
  async connect(): Promise<void> {
    this.#subscriber?.socket.close(1000);
    this.#pending = [];
    const asked = this.#resumeAt ?? this.#named();
    const place = this.#resumeAt === undefined ? this.#begin() : this.#place;
    const response = await handshake(
      this.#pattern,
      `json=true${asked === undefined ? '' : `&since=${encodeURIComponent(asked)}`}`,
      this.#form === 'stock' ? {} : { 'Sec-WebSocket-Protocol': 'carillon.v1.json' },
    );
    if (response.webSocket === null) throw new Error(await response.text());
    this.#subscriber = new Subscriber(response.webSocket);
    const { surely, maybe } = this.#model.kept;
    const isGone = response.headers.get('Last-Event-ID') === 'earliest';
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
      } else {
        expect(id).toBe(ids[this.#place]);
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
        expect(this.#place ?? 0, 'told of a gap').toBeLessThan(this.#model.kept.surely);
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

  async publish(hub: 'deploy' | 'build', count: number): Promise<void> {
    const ids = Array.from({ length: count }, () => `event-${this.#published++}`);
    await this.#post(hub, ids);
    this.#models[hub].ids.push(...ids);
    this.#models.wildcard.ids.push(...ids);
  }

  /** Publishes again what is kept: nobody hears it twice. */
  async repeat(hub: 'deploy' | 'build', back: number): Promise<void> {
    const id = this.#models[hub].ids.at(-1 - back);
    if (id !== undefined) await this.#post(hub, [id]);
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

  async #post(hub: string, ids: readonly string[]): Promise<void> {
    const events = ids.map((id) => ({ id, event_type: `${hub}/${this.#operation}` }));
    const response = await publish('', events);
    expect(response.status, await response.text()).toBe(200);
  }
}

/** Only what runs can be evicted. */
async function awake(journal: Journal): Promise<DurableObjectStub> {
  const stub = journal === 'wildcard' ? wildcardHubStub() : hubStub(journal);
  await runInDurableObject(stub, () => undefined);
  return stub;
}

const hub = fc.constantFrom('deploy', 'build');
const journal = fc.constantFrom<Journal>('deploy', 'build', 'wildcard');
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
  { weight: 1, arbitrary: hub.map((to) => named(`outgrow ${to}`, (run) => run.publish(to, KEPT))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(hub, fc.nat(9))
      .map(([to, back]) => named(`repeat ${back} back of ${to}`, (run) => run.repeat(to, back))),
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

it('hubs keep their journals as the model does, whatever happens to them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: MAX_STEPS, size: 'max' }), async (steps) => {
      await reset();
      const run = new Run();
      // From its first interest on, the wildcard hub has what its hubs have.
      await run.listen('wildcard', 'stock', 'now');
      for (const each of steps) await each(run);
      await run.end();
    }),
    { numRuns: runs(300), timeout: RUN_TIMEOUT_MS },
  );
}, 300_000);
