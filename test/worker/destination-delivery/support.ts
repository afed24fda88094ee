/** Destinations whose receivers answer as a test says, and real hubs. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import type { Outcome, OutgoingBatch } from '../../../src/destination/outgoing.ts';
import type { DestinationSettings } from '../../../src/destination/settings.ts';
import type { StartPosition } from '../../../src/destination/start-position.ts';
import { ok } from '../../../src/lib/result.ts';
import type {
  Attempt,
  DestinationCommand,
  DestinationState,
} from '../../../src/objects/destination-contract.ts';
import { destinationName, hubName } from '../../../src/objects/names.ts';
import { callDestination } from '../../../src/objects/stubs.ts';
import { TargetOpener } from '../../../src/push/delivery/target-opener.ts';
import { aName, authority, sql } from '../security-support.ts';
import { published } from '../support.ts';

export const DELIVERED: Outcome = { result: 'delivered', status: 200, answer: 'thanks' };
export const FAILED: Outcome = { result: 'failed', status: 500, answer: 'no' };
export const TOO_LARGE: Outcome = { result: 'too_large', status: 413, answer: 'too much' };

type Answer = (batch: OutgoingBatch) => Outcome | Promise<Outcome>;

const receivers = new Map<string, Receiver>();

/** What a destination sends to. */
class Receiver {
  /** All that came. */
  readonly batches: OutgoingBatch[] = [];
  readonly delivered: string[] = [];
  answer: Answer = () => DELIVERED;
  underWay = 0;
  mostUnderWay = 0;

  async send(batch: OutgoingBatch): Promise<Outcome> {
    this.batches.push(batch);
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      const outcome = await this.answer(batch);
      if (outcome.result === 'delivered') this.delivered.push(...idsOf(batch));
      return outcome;
    } finally {
      this.underWay--;
    }
  }

  /** Answers with these, and then with the last one. */
  answers(...outcomes: readonly Outcome[]): void {
    let next = 0;
    this.answer = () => outcomes[Math.min(next++, outcomes.length - 1)] ?? DELIVERED;
  }

  /** Answers when the test says so. */
  waits(): (outcome: Outcome) => void {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.answer = () => promise;
    return resolve;
  }
}

export function idsOf({ events }: OutgoingBatch): string[] {
  return events.map(({ event }) => event.id);
}

/** Waits until something is so. Unlike `vi.waitFor`, it leaves a fake clock as it is. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  const started = performance.now();
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() - started > 20_000) throw error;
      await scheduler.wait(5);
    }
  }
}

/** A policy that sees all. */
export const SEES_ALL = 'sees-all';

export class TestDestination {
  readonly name: string;
  /** The event-type namespace that it hears. */
  readonly types: string;
  readonly receiver = new Receiver();

  constructor(name: string, types: string) {
    this.name = name;
    this.types = types;
    receivers.set(name, this.receiver);
  }

  /** Another one that hears the same. */
  as(name: string): TestDestination {
    return new TestDestination(name, this.types);
  }

  get hub(): string {
    return hubName('', this.types);
  }

  get stub() {
    return env.DESTINATION.getByName(destinationName('', this.name));
  }

  async configure(
    settings: Partial<DestinationSettings> = {},
    start: StartPosition | undefined = { kind: 'earliest' },
  ): Promise<void> {
    const all: DestinationSettings = {
      pattern: `${this.types}/*`,
      namespaces: [''],
      filter: '',
      policies: [SEES_ALL],
      target: { type: 'worker', binding: 'RECEIVER' },
      format: 'vault',
      batchMaxEvents: 1,
      batchMaxWaitMs: 0,
      concurrency: 1,
      maxAttempts: 3,
      maxAgeMs: 24 * 60 * 60 * 1000,
      deadLetter: { kind: 'event' },
      ...settings,
    };
    const write = { settings: all, start, secrets: undefined, owner: 'owner' };
    const configured = await callDestination(env, '', this.name, (each) =>
      each.configure(write, {}),
    );
    expect(configured).toEqual(ok(undefined));
  }

  /** Publishes so many events in its first hub, or another one. @returns their ids */
  async publish(count: number, types = this.types, path = 'secret/app'): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      ids.push(await published(`${types}/written`, { metadata: { path } }));
    }
    return ids;
  }

  wake(...hubs: readonly string[]) {
    const woken = hubs.length === 0 ? [this.hub] : hubs;
    return callDestination(env, '', this.name, (each) => each.wake(woken));
  }

  command(command: DestinationCommand) {
    return callDestination(env, '', this.name, (each) => each.command(command));
  }

  async state(): Promise<DestinationState> {
    const described = await callDestination(env, '', this.name, (each) => each.describe());
    if (described === undefined) throw new Error(`${this.name} is no destination`);
    return described.state;
  }

  attempts(): Promise<Attempt[]> {
    return callDestination(env, '', this.name, (each) => each.attempts());
  }

  wipe(): Promise<void> {
    return callDestination(env, '', this.name, (each) => each.wipe());
  }

  /** Waits until it has been delivered so many events. */
  async receives(count: number): Promise<void> {
    await eventually(() => expect(this.receiver.delivered.length).toBe(count));
  }

  /** Waits until so many attempts were stored, and nothing is under way. */
  async attempted(count: number): Promise<void> {
    await eventually(async () => expect((await this.attempts()).length).toBe(count));
  }

  /** Waits until nothing is under way, and its alarm is set for the next attempt. */
  rests(): Promise<void> {
    return eventually(async () => expect(await this.#alarm()).not.toBeNull());
  }

  /** Lets the time pass until the next attempt, and makes it. The clock has to be a fake one. */
  async passesTime(ms: number): Promise<void> {
    await this.rests();
    vi.setSystemTime(Date.now() + ms);
    await runDurableObjectAlarm(this.stub);
  }

  /** The object goes, with all that it has in memory. */
  evict(): Promise<void> {
    return evictDurableObject(this.stub);
  }

  /** The object is lost in the middle of what it does. */
  async dies(): Promise<void> {
    await runInDurableObject(this.stub, (_object, ctx) => {
      ctx.abort('the object died');
    }).catch(() => undefined);
  }

  /** Whether nothing of it is stored. */
  async isGone(): Promise<boolean> {
    const entries = await runInDurableObject(this.stub, (_object, { storage }) => [
      ...storage.kv.list(),
    ]);
    const tables = await this.rows("SELECT * FROM sqlite_master WHERE name NOT GLOB '_cf_*'");
    return entries.length === 0 && tables.length === 0 && (await this.#alarm()) === null;
  }

  #alarm(): Promise<number | null> {
    return runInDurableObject(this.stub, (_object, { storage }) => storage.getAlarm());
  }

  rows(statement: string) {
    return sql(this.stub, statement);
  }
}

/** A destination that hears an event-type namespace of its own. */
export async function aDestination(
  settings: Partial<DestinationSettings> = {},
): Promise<TestDestination> {
  const destination = new TestDestination(aName('destination'), aName('type'));
  receives();
  await authority().putPolicy(
    SEES_ALL,
    'path "*" { capabilities = ["read", "list", "subscribe"] subscribe_event_types = ["*"] }',
  );
  await destination.configure(settings);
  return destination;
}

/** From now on, destinations send to the receivers of the test. */
function receives(): void {
  vi.spyOn(TargetOpener.prototype, 'open').mockImplementation(async () => {
    const target = {
      send: (batch: OutgoingBatch) => {
        const receiver = receivers.get(batch.destination);
        if (receiver === undefined) throw new Error(`${batch.destination} has no receiver`);
        return receiver.send(batch);
      },
    };
    return ok({ target, secrets: ['whsec_of-the-receiver'] });
  });
}
