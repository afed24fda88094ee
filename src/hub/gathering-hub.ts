/**
 * The gathering hub of one Vault namespace: it holds the subscribers whose pattern spans event-type
 * namespaces (`*`, `kv*`), and is the registry of the hubs that feed it.
 *
 * A hub registers before its first acknowledgement and learns whether it is gathered from. A
 * subscriber gets its 101 only when every registered hub that its pattern can touch has confirmed to
 * feed. Both are written down here first, so whichever comes second finds the other.
 *
 * Every word to a hub has a version of its own, and the hub heeds the highest it has heard. While a
 * handshake is under way its class is wanted, so no word after the one that it waits for says no.
 * Which words have arrived is known only from a hub's confirmation of exactly the last one.
 */
import { DurableObject } from 'cloudflare:workers';
import { namespacesOfPattern } from '../event/event-type.ts';
import { compileGlob } from '../event/glob.ts';
import { MAX_CONCURRENT_CALLS, MAX_HUBS } from '../limits.ts';
import { callWithRetry } from './call.ts';
import { hubName, parseHubName } from './name.ts';
import type { Publication } from './publication.ts';
import { RememberedEvents } from './remembered-events.ts';
import { refuseData, Subscribers } from './subscribers.ts';
import { subscriptionOf } from './subscription.ts';

/** Whether a hub is gathered from. Words may overtake each other: the highest version counts. */
export interface Gathering {
  readonly gathered: boolean;
  readonly version: number;
}

export class GatheringHub extends DurableObject<Env> {
  readonly #subscribers: Subscribers;
  readonly #remembered: RememberedEvents;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#remembered = new RememberedEvents(ctx.storage);
    this.#subscribers = new Subscribers(ctx, this.#remembered);
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS hubs (
         event_type_namespace TEXT PRIMARY KEY,
         version INTEGER NOT NULL,
         feeding INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  /** Takes the handshake of a subscriber whose pattern spans event-type namespaces. */
  override fetch(handshake: Request): Promise<Response> {
    const subscription = subscriptionOf(handshake);
    return this.#subscribers.accept(subscription, () =>
      this.#gatherFrom(namespacesOfPattern(subscription.pattern)),
    );
  }

  /**
   * Notes a hub and tells it whether it is gathered from.
   *
   * @returns undefined where the Vault namespace has as many hubs as it may have
   */
  register(eventTypeNamespace: string): Gathering | undefined {
    if (this.#hub(eventTypeNamespace) === undefined && this.#hubs() >= MAX_HUBS) return undefined;
    return this.#tell(eventTypeNamespace, this.#subscribers.someWant(eventTypeNamespace));
  }

  /**
   * Takes events from a hub and sends them on.
   *
   * An event that is known here and yet fed is one that the hub failed to complete, or has forgotten.
   * It is not sent twice to those who heard it; but for those who came since, it is new.
   *
   * @param version the word by which the hub feeds
   * @returns whether to go on: a hub learns here, and only here, that the last subscriber left
   */
  receive(
    eventTypeNamespace: string,
    version: number,
    publications: readonly Publication[],
  ): Gathering {
    this.#confirm(eventTypeNamespace, version);
    const { fresh, known } = this.#remembered.remember(publications);
    let reached = this.#subscribers.deliver(fresh);
    for (const publication of known) {
      reached += this.#subscribers.deliver([publication], this.#remembered.moveToEnd(publication));
    }
    return this.#tell(
      eventTypeNamespace,
      reached > 0 || this.#subscribers.someWant(eventTypeNamespace),
    );
  }

  override webSocketMessage(socket: WebSocket): void {
    refuseData(socket);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#subscribers.left(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#subscribers.left(socket, 1011);
  }

  /** The word for a hub: a new one, unless it is known to feed and is to go on. */
  #tell(eventTypeNamespace: string, gathered: boolean): Gathering {
    const { version = 0, feeding = 0 } = this.#hub(eventTypeNamespace) ?? {};
    if (gathered && feeding === 1) return { gathered, version };
    this.ctx.storage.sql.exec(
      'INSERT OR REPLACE INTO hubs (event_type_namespace, version, feeding) VALUES (?, ?, 0)',
      eventTypeNamespace,
      version + 1,
    );
    return { gathered, version: version + 1 };
  }

  /** Notes that a hub feeds, where it has heard the last word that it was told. */
  #confirm(eventTypeNamespace: string, version: number): void {
    const hub = this.#hub(eventTypeNamespace);
    if (hub?.version !== version || hub.feeding === 1) return;
    this.ctx.storage.sql.exec(
      'UPDATE hubs SET feeding = 1 WHERE event_type_namespace = ?',
      eventTypeNamespace,
    );
  }

  /** Has every registered hub of these namespaces feed, and returns when all have confirmed. */
  async #gatherFrom(namespaces: string): Promise<void> {
    const covers = compileGlob(namespaces);
    const silent = this.ctx.storage.sql
      .exec<{ event_type_namespace: string }>(
        'SELECT event_type_namespace FROM hubs WHERE feeding = 0',
      )
      .toArray()
      .map((row) => row.event_type_namespace)
      .filter(covers);
    for (let next = 0; next < silent.length; next += MAX_CONCURRENT_CALLS) {
      const group = silent.slice(next, next + MAX_CONCURRENT_CALLS);
      await Promise.all(group.map((eventTypeNamespace) => this.#startFeed(eventTypeNamespace)));
    }
  }

  async #startFeed(eventTypeNamespace: string): Promise<void> {
    const gathering = this.#tell(eventTypeNamespace, true);
    const { vaultNamespace } = parseHubName(this.ctx.id.name);
    const name = hubName(vaultNamespace, eventTypeNamespace);
    await callWithRetry(() => this.env.HUB.getByName(name).gather(gathering));
    this.#confirm(eventTypeNamespace, gathering.version);
  }

  #hubs(): number {
    return this.ctx.storage.sql.exec<{ hubs: number }>('SELECT COUNT(*) AS hubs FROM hubs').one()
      .hubs;
  }

  #hub(eventTypeNamespace: string): { version: number; feeding: number } | undefined {
    const [row] = this.ctx.storage.sql
      .exec<{ version: number; feeding: number }>(
        'SELECT version, feeding FROM hubs WHERE event_type_namespace = ?',
        eventTypeNamespace,
      )
      .toArray();
    return row;
  }
}
