/**
 * The gathering hub of one Vault namespace: it holds the subscribers whose subscription spans hubs (`*`,
 * `kv*`, or namespaces below), and is the registry of the hubs that feed it.
 *
 * A hub registers before its first acknowledgement and learns whether it is gathered from. A
 * subscriber gets its 101 only when every registered hub that its pattern can touch has confirmed to
 * feed. Both are written down here first, so whichever comes second finds the other.
 *
 * Every word to a hub has a version of its own, and the hub heeds the highest it has heard. While a
 * handshake is under way its class is wanted, so no word after the one that it waits for says no.
 * Which words have arrived is known only from a hub's confirmation of exactly the last one.
 */
import { authorityName } from '../authority/name.ts';
import { callWithRetry } from '../call.ts';
import { MAX_CONCURRENT_CALLS, MAX_HUBS } from '../limits.ts';
import { ROOT } from '../namespace.ts';
import type { Matcher } from './matcher.ts';
import { parseHubName } from './name.ts';
import type { Publication } from './publication.ts';
import { SubscriberHub } from './subscriber-hub.ts';
import type { Refused } from './subscribers.ts';
import { handshakeOf } from './subscription.ts';

/** Whether a hub is gathered from. Words may overtake each other: the highest version counts. */
export interface Gathering {
  readonly gathered: boolean;
  readonly version: number;
}

export class GatheringHub extends SubscriberHub {
  readonly #namespaceKey: string;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#namespaceKey = parseHubName(ctx.id.name).namespaceKey;
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS hubs (
         hub TEXT PRIMARY KEY,
         own INTEGER NOT NULL,
         version INTEGER NOT NULL,
         feeding INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  /** Takes the handshake of a subscriber whose subscription spans hubs. */
  override fetch(request: Request): Promise<Response> {
    return this.subscribers.accept(handshakeOf(request), (matcher) => this.#gatherFor(matcher));
  }

  /**
   * Notes a hub and tells it whether it is gathered from.
   *
   * @param hub its name: of this Vault namespace, or of one below
   * @returns undefined where this Vault namespace has as many hubs as it may have
   * @throws where it is no more
   */
  async register(hub: string): Promise<Gathering | undefined> {
    if (this.#hub(hub) === undefined && this.#isOwn(hub)) {
      if (this.#ownHubs() >= MAX_HUBS) return undefined;
      if (!(await this.#lives())) throw new Error('the namespace was deleted');
    }
    return this.#tell(hub, this.subscribers.someWant(hub));
  }

  /** Forgets a hub whose namespace, one below, is no more. */
  unregister(hub: string): void {
    this.ctx.storage.sql.exec('DELETE FROM hubs WHERE hub = ?', hub);
  }

  /** The hubs that events for the subscription can come from. */
  hubs(): string[] {
    return this.ctx.storage.sql
      .exec<{ hub: string }>('SELECT hub FROM hubs ORDER BY hub')
      .toArray()
      .map((row) => row.hub);
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
  async receive(
    hub: string,
    version: number,
    publications: readonly Publication[],
  ): Promise<Gathering> {
    await this.subscribers.holders.confirm(Date.now());
    this.#confirm(hub, version);
    const { fresh, known } = this.remembered.remember(publications);
    const since = known.map((publication) => this.remembered.moveToEnd(publication));
    const reached = this.subscribers.deliver(fresh) + this.subscribers.deliver(known, since);
    // One that has left the registry meanwhile, its namespace being deleted, does not come back to it.
    if (this.#hub(hub) === undefined) return { gathered: false, version: version + 1 };
    return this.#tell(hub, reached > 0 || this.subscribers.someWant(hub));
  }

  /** Empties the hubs of this Vault namespace, then itself. */
  override async wipe(): Promise<void> {
    if (this.wiped) return;
    this.subscribers.closeAll();
    const own = this.hubs().filter((hub) => this.#isOwn(hub));
    await this.#forEach(own, (hub) => callWithRetry(() => this.env.HUB.getByName(hub).wipe()));
    await super.wipe();
  }

  /** The word for a hub: a new one, unless it is known to feed and is to go on. */
  #tell(hub: string, gathered: boolean): Gathering {
    const { version = 0, feeding = 0 } = this.#hub(hub) ?? {};
    if (gathered && feeding === 1) return { gathered, version };
    this.ctx.storage.sql.exec(
      'INSERT OR REPLACE INTO hubs (hub, own, version, feeding) VALUES (?, ?, ?, 0)',
      hub,
      Number(this.#isOwn(hub)),
      version + 1,
    );
    return { gathered, version: version + 1 };
  }

  /** Notes that a hub feeds, where it has heard the last word that it was told. */
  #confirm(name: string, version: number): void {
    const hub = this.#hub(name);
    if (hub?.version !== version || hub.feeding === 1) return;
    this.ctx.storage.sql.exec('UPDATE hubs SET feeding = 1 WHERE hub = ?', name);
  }

  /** Has every registered hub that the subscription touches feed, and returns when all have confirmed. */
  async #gatherFor(matcher: Matcher): Promise<Refused | undefined> {
    const silent = this.ctx.storage.sql
      .exec<{ hub: string }>('SELECT hub FROM hubs WHERE feeding = 0')
      .toArray()
      .map((row) => row.hub)
      .filter((hub) => matcher.touches(hub));
    if (silent.length > MAX_HUBS) {
      return {
        status: 503,
        message: `the subscription spans ${silent.length} hubs that have yet to be told, at most ${MAX_HUBS} are at a time; subscribe to fewer namespaces`,
      };
    }
    await this.#forEach(silent, (hub) => this.#startFeed(hub));
    return undefined;
  }

  async #startFeed(hub: string): Promise<void> {
    const gathering = this.#tell(hub, true);
    const self = this.ctx.id.name ?? '';
    await callWithRetry(() => this.env.HUB.getByName(hub).gather(self, gathering));
    this.#confirm(hub, gathering.version);
  }

  async #forEach(hubs: readonly string[], call: (hub: string) => Promise<void>): Promise<void> {
    for (let next = 0; next < hubs.length; next += MAX_CONCURRENT_CALLS) {
      await Promise.all(hubs.slice(next, next + MAX_CONCURRENT_CALLS).map(call));
    }
  }

  /** A hub that is called by a name that somebody kept too long does not come to be. */
  async #lives(): Promise<boolean> {
    if (this.#namespaceKey === ROOT) return true;
    const name = authorityName(this.#namespaceKey);
    return callWithRetry(() => this.env.AUTHORITY.getByName(name).lives());
  }

  #isOwn(hub: string): boolean {
    return parseHubName(hub).namespaceKey === this.#namespaceKey;
  }

  #ownHubs(): number {
    return this.ctx.storage.sql
      .exec<{ hubs: number }>('SELECT COUNT(*) AS hubs FROM hubs WHERE own = 1')
      .one().hubs;
  }

  #hub(hub: string): { version: number; feeding: number } | undefined {
    const [row] = this.ctx.storage.sql
      .exec<{ version: number; feeding: number }>(
        'SELECT version, feeding FROM hubs WHERE hub = ?',
        hub,
      )
      .toArray();
    return row;
  }
}
