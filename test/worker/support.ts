/** What the tests in workerd share: publishing and subscribing through the Worker, as clients do. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import type { Retention } from '../../src/config/retention.ts';
import { Journal } from '../../src/hub/journal/journal.ts';
import { type HubMemory, openHubMemory } from '../../src/hub/memory-budget.ts';
import { Returns } from '../../src/hub/returns/returns.ts';
import { HUB_SCHEMA } from '../../src/hub/schema.ts';
import { HubShards } from '../../src/hub/shards/directory.ts';
import { placementAtHub } from '../../src/hub/shards/placement/hub-placement.ts';
import {
  composeHandshakes,
  composeSubscribers,
} from '../../src/hub/subscribers/compose-subscribers.ts';
import type { EventSupply } from '../../src/hub/subscribers/event-supply.ts';
import { HmacSha256 } from '../../src/lib/hmac-sha256.ts';
import { Alarms } from '../../src/objects/alarms.ts';
import { migrate } from '../../src/objects/migrations.ts';
import { hubName, wildcardHubName } from '../../src/objects/names.ts';
import type { Handshake } from '../../src/subscription/handshake.ts';
import { type Cursor, decodeCursor, encodeCursor } from '../../src/wire/cursor.ts';

export const TOKEN = 'root';
const HOST = 'http://carillon.test';

export function fetchApi(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has('X-Vault-Token')) headers.set('X-Vault-Token', TOKEN);
  return exports.default.fetch(new Request(`${HOST}/v1/${path}`, { ...init, headers }));
}

export function publish(eventType: string, body: unknown = {}): Promise<Response> {
  return fetchApi(`sys/events/publish/${eventType}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Publishes and returns the id, failing where the event was not accepted. */
export async function published(eventType: string, body: unknown = {}): Promise<string> {
  const response = await publish(eventType, body);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`publish answered ${response.status}: ${text}`);
  const { data } = JSON.parse(text) as { data: { ids: string[] } };
  return data.ids[0] ?? '';
}

export function handshake(
  pattern: string,
  query = 'json=true',
  headers: HeadersInit = {},
): Promise<Response> {
  return fetchApi(`sys/events/subscribe/${encodeURIComponent(pattern)}?${query}`, {
    headers: { ...headers, Upgrade: 'websocket' },
  });
}

/** An open subscription and the frames that came on it. */
export class Subscriber {
  readonly socket: WebSocket;
  readonly #frames: (string | ArrayBuffer)[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      this.#frames.push(data as string | ArrayBuffer);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
    });
    socket.accept();
  }

  /** The next frame as it came; waits for it. */
  async next(): Promise<string | ArrayBuffer> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Frames that came and were not taken. */
  get waiting(): number {
    return this.#frames.length;
  }

  /** The id of the next event of a JSON subscription. */
  async nextId(): Promise<string> {
    return (JSON.parse((await this.next()) as string) as { id: string }).id;
  }
}

export async function subscribe(pattern: string, query?: string): Promise<Subscriber> {
  const response = await handshake(pattern, query);
  if (response.webSocket === null) {
    throw new Error(`subscribe answered ${response.status}: ${await response.text()}`);
  }
  return new Subscriber(response.webSocket);
}

/** What a hub is handed for a subscriber with the root token. */
export function handshakeTo(pattern: string): Handshake {
  return {
    subscription: { pattern, namespaces: [''], filter: '', protocol: 'stock', encoding: 'json' },
    token: undefined,
    since: undefined,
  };
}

export function hubStub(eventTypeNamespace: string) {
  return env.HUB.getByName(hubName('', eventTypeNamespace));
}

/** Creates the tables of a hub, as its object does when it first needs them. */
export function createTables(storage: DurableObjectStorage, schema = HUB_SCHEMA): void {
  migrate(storage, schema, 'the hub of a test');
}

/** The memory of a hub that nobody else has. */
export function someMemory(): HubMemory {
  return openHubMemory(crypto.randomUUID());
}

/** The parts that serve subscribers, in the storage of an object that serves nobody else. */
export function subscribersIn(
  state: DurableObjectState,
  options: { retention?: Retention; maxSockets?: number; supply?: EventSupply } = {},
) {
  const {
    retention = RETENTION,
    maxSockets,
    supply = { prepare: async () => undefined },
  } = options;
  createTables(state.storage);
  const journal = new Journal(state.storage, retention);
  const memory = openHubMemory(state.id.toString());
  const alarms = new Alarms(state);
  const subscribers = composeSubscribers(state, env, journal, alarms, memory);
  const returns = new Returns({ ctx: state, alarms, journal, env });
  const placed = placementAtHub(state, env, new HubShards(state.storage, env));
  const handshakes = composeHandshakes(subscribers, supply, returns, placed, maxSockets);
  return { ...subscribers, journal, handshakes };
}

const RETENTION: Retention = { events: 1000, bytes: 1_000_000, ageMs: 60_000 };

export function wildcardHubStub() {
  return env.WILDCARD_HUB.getByName(wildcardHubName(''));
}

/** The cursor of another place than that of a cursor, with the code that the hub would give it. */
export function cursorBeside(
  stub: DurableObjectStub,
  cursor: string,
  change: Partial<Cursor>,
): Promise<string> {
  return runInDurableObject(stub, (_object, { storage }) => {
    const decoded = decodeCursor(cursor);
    const key = storage.kv.get<Uint8Array>('cursor_key');
    if (decoded === undefined || key === undefined) throw new Error(`no cursor: ${cursor}`);
    return encodeCursor({ ...decoded, ...change }, new HmacSha256(key));
  });
}

/** Makes a table of an object refuse changes, as a full disk would, until `repair`. */
export async function breakTable(stub: DurableObjectStub, table: string): Promise<void> {
  await runInDurableObject(stub, (_object, { storage }) => {
    storage.sql.exec(
      `CREATE TRIGGER broken BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'disk full'); END;
       CREATE TRIGGER broken_too BEFORE UPDATE ON ${table} BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
    );
  });
}

/** Makes the root namespace's wildcard hub forget what subscribers wanted who have left. */
export async function forgetInterests(): Promise<void> {
  await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
    storage.sql.exec('UPDATE retained_subscriptions SET expires_at = 0');
  });
  await evictDurableObject(wildcardHubStub());
}

/** What the journal of a hub has. */
export function entriesOf(
  stub: DurableObjectStub,
): Promise<{ sequence: number; gap: string | undefined; json: string }[]> {
  return runInDurableObject(stub, (_hub, { storage }) => {
    const isStored = "SELECT 1 FROM sqlite_master WHERE name = 'segments'";
    if (storage.sql.exec(isStored).toArray().length === 0) return [];
    const everything = Number.POSITIVE_INFINITY;
    const { entries } = new Journal(storage, RETENTION).read(0, everything, everything);
    return entries.map((entry) =>
      'gap' in entry
        ? { sequence: entry.sequence, gap: entry.gap, json: '' }
        : { sequence: entry.sequence, gap: undefined, json: entry.frame.json },
    );
  });
}

/** The events that the journal of a hub has, as their JSON frames. */
export async function journalOf(stub: DurableObjectStub): Promise<{ id: string }[]> {
  const entries = await entriesOf(stub);
  return entries
    .filter(({ gap }) => gap === undefined)
    .map(({ json }) => JSON.parse(json) as { id: string });
}

export async function repair(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_object, { storage }) => {
    storage.sql.exec('DROP TRIGGER broken; DROP TRIGGER IF EXISTS broken_too');
  });
}

/** Makes the journal refuse the event whose key contains this, until `repair`. */
export async function breakJournalFor(stub: DurableObjectStub, text: string): Promise<void> {
  await runInDurableObject(stub, (_object, { storage }) => {
    storage.sql.exec(
      `CREATE TRIGGER broken BEFORE INSERT ON segments WHEN NEW.keys LIKE '%${text}%'
         BEGIN SELECT RAISE(ABORT, 'disk full'); END;
       CREATE TRIGGER broken_too BEFORE UPDATE ON segments WHEN NEW.keys LIKE '%${text}%'
         BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
    );
  });
}

/**
 * Does something after a turn of the event loop. Requests of real clients wait for the network. In a test that publishes
 * without a pause, nothing else would have its turn.
 */
export async function afterTurn<T>(action: () => Promise<T>): Promise<T> {
  await scheduler.wait(0);
  return action();
}
