/** What the tests of a destination's reading share: one that reads real hubs, and asks real authorities. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { OutgoingEvent } from '../../../src/destination/outgoing.ts';
import type { DestinationSettings } from '../../../src/destination/settings.ts';
import type { StartPosition } from '../../../src/destination/start-position.ts';
import type { FeedPosition } from '../../../src/objects/hub-contract.ts';
import { destinationName, hubName } from '../../../src/objects/names.ts';
import type { Place, ReadPart } from '../../../src/push/reading/read-part.ts';
import { Reading } from '../../../src/push/reading/reading.ts';
import { createReadingTables } from '../../../src/push/reading/tables.ts';
import { aName, root } from '../security-support.ts';

/** Whoever sees what lies under `secret/`. */
export const SEES_SECRETS = `path "secret/*" {
  capabilities = ["list", "subscribe"]
  subscribe_event_types = ["*"]
}`;

/** The name of a policy with this text, in a namespace. */
export async function aPolicy(text = SEES_SECRETS, namespace = ''): Promise<string> {
  const name = aName('policy');
  await root.in(namespace).writes(`sys/policies/acl/${name}`, { policy: text });
  return name;
}

function settingsOf(some: Partial<DestinationSettings> = {}): DestinationSettings {
  return {
    pattern: '*',
    namespaces: [''],
    filter: '',
    policies: [],
    target: { type: 'worker', binding: 'RECEIVER' },
    format: 'cloudevents-structured',
    batchMaxEvents: 1,
    batchMaxWaitMs: 0,
    concurrency: 1,
    maxAttempts: 20,
    maxAgeMs: 60_000,
    deadLetter: { kind: 'pause' },
    ...some,
  };
}

/** A destination, as far as it reads. It has an object of its own. */
export class ReadingDestination {
  readonly name = aName('destination');
  readonly #namespaceKey: string;
  #settings: DestinationSettings;
  #reading: Reading | undefined;

  constructor(settings: Partial<DestinationSettings>, namespaceKey = '') {
    this.#settings = settingsOf(settings);
    this.#namespaceKey = namespaceKey;
  }

  get #stub() {
    return env.DESTINATION.getByName(destinationName(this.#namespaceKey, this.name));
  }

  /** Runs in the object. */
  run<T>(action: (reading: Reading, storage: DurableObjectStorage) => T | Promise<T>): Promise<T> {
    return runInDurableObject(this.#stub, async (_object, { storage }) => {
      const isNew =
        storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'positions'").toArray()
          .length === 0;
      if (isNew) createReadingTables(storage.sql);
      this.#reading ??= this.#open(storage);
      return action(this.#reading, storage);
    });
  }

  begin(
    ends: Readonly<Record<string, FeedPosition>> = {},
    start?: StartPosition,
    settings: Partial<DestinationSettings> = {},
  ): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    return this.run((reading) => {
      reading.follow(this.#settings, 'an owner');
      reading.begin(ends, start, Date.now());
    });
  }

  /** The object is lost, and comes back with what is stored. */
  async wakes(): Promise<void> {
    // One that does not run cannot be evicted.
    await this.run(() => undefined);
    this.#reading = undefined;
    await evictDurableObject(this.#stub);
  }

  marks(...hubs: readonly string[]): Promise<void> {
    return this.run((reading) => {
      for (const hub of hubs) reading.markNew(hub);
    });
  }

  /** What it reads at once. Fails where it cannot read. */
  async reads(hub: string, maxEvents = 100, after?: Place, maxBytes = 1e6): Promise<ReadPart> {
    const part = await this.run((reading) => reading.read(hub, after, maxEvents, maxBytes));
    if (!part.ok) throw new Error(part.failure.message);
    return part.value;
  }

  settles(part: ReadPart, count = part.events.length, wasSent = true): Promise<boolean> {
    return this.run((reading) => reading.settle(part, count, wasSent));
  }

  /** Those of the events that it may be sent now. Fails where nobody says so. */
  async allowed(events: readonly OutgoingEvent[]): Promise<OutgoingEvent[]> {
    const allowed = await this.run((reading) => reading.allowed(events));
    if (!allowed.ok) throw new Error(allowed.failure.message);
    return allowed.value;
  }

  /** Reads a hub to its end, and settles all as if it was sent. @returns what it would have been sent */
  async takes(hub: string, maxEvents = 100): Promise<OutgoingEvent[]> {
    const taken: OutgoingEvent[] = [];
    for (;;) {
      const part = await this.reads(hub, maxEvents);
      taken.push(...(await this.allowed(part.events)));
      await this.settles(part);
      if (part.isEnd) return taken;
    }
  }

  #open(storage: DurableObjectStorage): Reading {
    const place = { namespaceKey: this.#namespaceKey, name: this.name };
    const reading = new Reading(storage, env, place);
    reading.follow(this.#settings, 'an owner');
    return reading;
  }
}

/** One that begins with a policy that sees `secret/`, and hears of a hub that came after it. */
export async function aReader(
  hub: string,
  settings: Partial<DestinationSettings> = {},
): Promise<ReadingDestination> {
  const policies = settings.policies ?? [await aPolicy()];
  const destination = new ReadingDestination({ ...settings, policies });
  await destination.begin();
  await destination.marks(hub);
  return destination;
}

/** The hub of an event-type namespace that nothing had before. */
export function aHub(namespaceKey = ''): { hub: string; type: string } {
  const eventTypeNamespace = aName('app');
  return { hub: hubName(namespaceKey, eventTypeNamespace), type: `${eventTypeNamespace}/done` };
}

export function idsOf(events: readonly OutgoingEvent[]): string[] {
  return events.map(({ event }) => event.id);
}

/** The ids, and of a gap its reason. */
export function heard(events: readonly OutgoingEvent[]): string[] {
  return events.map(({ event }) =>
    event.event_type === 'carillon/gap' ? `gap: ${event.metadata?.reason}` : event.id,
  );
}
