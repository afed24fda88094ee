/**
 * The gathering hub of one Vault namespace: it holds the subscribers whose pattern spans event-type
 * namespaces (`*`, `kv*`), and is the registry of the hubs that feed it.
 *
 * A hub registers before its first acknowledgement and learns whether it is gathered from. A
 * subscriber gets its 101 only when every registered hub that its pattern can touch has confirmed to
 * feed. Both are written down here first, so whichever comes second finds the other.
 */
import { DurableObject } from 'cloudflare:workers';
import { namespacesOfPattern } from '../event/event-type.ts';
import { compileGlob } from '../event/glob.ts';
import { MAX_CONCURRENT_CALLS } from '../limits.ts';
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
    this.#subscribers = new Subscribers(ctx);
    this.#remembered = new RememberedEvents(ctx.storage.sql);
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS hubs (
         event_type_namespace TEXT PRIMARY KEY,
         gathered INTEGER NOT NULL,
         version INTEGER NOT NULL
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

  /** Notes a hub and tells it whether it is gathered from. */
  register(eventTypeNamespace: string): Gathering {
    return this.#note(eventTypeNamespace, this.#wants(eventTypeNamespace));
  }

  /**
   * Takes events from a hub and sends them on.
   *
   * @returns whether to go on feeding: a hub learns here, and only here, that the last subscriber left
   */
  receive(eventTypeNamespace: string, publications: readonly Publication[]): Gathering {
    const reached = this.#subscribers.deliver(this.#remembered.remember(publications));
    return this.#note(eventTypeNamespace, reached > 0 || this.#wants(eventTypeNamespace));
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

  #wants(eventTypeNamespace: string): boolean {
    return this.#subscribers.someWant((pattern) =>
      compileGlob(namespacesOfPattern(pattern))(eventTypeNamespace),
    );
  }

  /** Writes down what a hub is to be told; a change is a new version. */
  #note(eventTypeNamespace: string, gathered: boolean): Gathering {
    const known = this.#hub(eventTypeNamespace);
    if (known !== undefined && known.gathered === gathered) return known;
    const gathering = { gathered, version: (known?.version ?? 0) + 1 };
    this.#write(eventTypeNamespace, gathering);
    return gathering;
  }

  /** Tells every registered hub of the namespaces that is not feeding yet to do so. */
  async #gatherFrom(namespaces: string): Promise<void> {
    const covers = compileGlob(namespaces);
    const silent = this.ctx.storage.sql
      .exec<{ event_type_namespace: string }>(
        'SELECT event_type_namespace FROM hubs WHERE gathered = 0',
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
    const gathering = {
      gathered: true,
      version: (this.#hub(eventTypeNamespace)?.version ?? 0) + 1,
    };
    // Until the hub has confirmed, it stands here as not gathered, so that the next subscriber asks again.
    this.#write(eventTypeNamespace, { ...gathering, gathered: false });
    const { vaultNamespace } = parseHubName(this.ctx.id.name);
    const name = hubName(vaultNamespace, eventTypeNamespace);
    await callWithRetry(() => this.env.HUB.getByName(name).gather(gathering));
    if (this.#hub(eventTypeNamespace)?.version === gathering.version) {
      this.#write(eventTypeNamespace, gathering);
    }
  }

  #hub(eventTypeNamespace: string): Gathering | undefined {
    const [row] = this.ctx.storage.sql
      .exec<{ gathered: number; version: number }>(
        'SELECT gathered, version FROM hubs WHERE event_type_namespace = ?',
        eventTypeNamespace,
      )
      .toArray();
    return row && { gathered: row.gathered === 1, version: row.version };
  }

  #write(eventTypeNamespace: string, { gathered, version }: Gathering): void {
    this.ctx.storage.sql.exec(
      'INSERT OR REPLACE INTO hubs (event_type_namespace, gathered, version) VALUES (?, ?, ?)',
      eventTypeNamespace,
      gathered ? 1 : 0,
      version,
    );
  }
}
