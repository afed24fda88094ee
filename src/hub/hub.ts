/**
 * The hub of one event-type namespace: it takes the namespace's events, drops what it has seen, feeds
 * the gathering hub where that has subscribers for it, and sends to its own.
 */
import { DurableObject } from 'cloudflare:workers';
import { callWithRetry } from './call.ts';
import type { Gathering, GatheringHub } from './gathering-hub.ts';
import { gatheringHubName, parseHubName } from './name.ts';
import type { Publication } from './publication.ts';
import { RememberedEvents } from './remembered-events.ts';
import { refuseData, Subscribers } from './subscribers.ts';
import { subscriptionOf } from './subscription.ts';

const GATHERING_KEY = 'gathering';

export class Hub extends DurableObject<Env> {
  readonly #subscribers: Subscribers;
  readonly #remembered: RememberedEvents;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#remembered = new RememberedEvents(ctx.storage);
    this.#subscribers = new Subscribers(ctx, this.#remembered);
  }

  /** Takes the handshake of a subscriber whose pattern stays within this event-type namespace. */
  override fetch(handshake: Request): Promise<Response> {
    return this.#subscribers.accept(subscriptionOf(handshake), () => Promise.resolve());
  }

  /**
   * Publishes events of this event-type namespace.
   *
   * The gathering hub is fed first and remembers for itself what it was fed. So a failure between the
   * two leaves an event that was not acknowledged and that repeating the request completes: here what
   * is missing here, there what is missing there, nothing twice.
   *
   * @returns the keys of those that were new; undefined where this hub is one too many
   * @throws where the gathering hub cannot be reached: nothing was delivered here
   */
  async publish(publications: readonly Publication[]): Promise<string[] | undefined> {
    const gathering = await this.#gathering();
    if (gathering === undefined) return undefined;
    if (gathering.gathered) {
      const unknown = publications.filter((publication) => !this.#remembered.knows(publication));
      if (unknown.length > 0) await this.#feed(gathering.version, unknown);
    }
    const { fresh } = this.#remembered.remember(publications);
    this.#subscribers.deliver(fresh);
    return fresh.map(({ key }) => key);
  }

  /** Told by the gathering hub whether it wants this hub's events. The newest word counts. */
  gather(gathering: Gathering): void {
    const known = this.#known();
    if (known === undefined || gathering.version > known.version) {
      this.ctx.storage.kv.put(GATHERING_KEY, gathering);
    }
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

  /** Registers with the gathering hub before the first acknowledgement, and never again. */
  async #gathering(): Promise<Gathering | undefined> {
    const known = this.#known();
    if (known !== undefined) return known;
    const { eventTypeNamespace } = parseHubName(this.ctx.id.name);
    const told = await callWithRetry(() => this.#gatheringHub().register(eventTypeNamespace));
    if (told !== undefined) this.gather(told);
    return this.#known();
  }

  async #feed(version: number, publications: readonly Publication[]): Promise<void> {
    const { eventTypeNamespace } = parseHubName(this.ctx.id.name);
    this.gather(
      await callWithRetry(() =>
        this.#gatheringHub().receive(eventTypeNamespace, version, publications),
      ),
    );
  }

  #known(): Gathering | undefined {
    return this.ctx.storage.kv.get<Gathering>(GATHERING_KEY);
  }

  #gatheringHub(): DurableObjectStub<GatheringHub> {
    const { vaultNamespace } = parseHubName(this.ctx.id.name);
    return this.env.GATHERING_HUB.getByName(gatheringHubName(vaultNamespace));
  }
}
