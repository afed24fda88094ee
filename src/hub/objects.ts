/**
 * The Durable Objects of the hubs: what can be called, and what the runtime calls. Each has a hub while there
 * is a reason, see `tenancy.ts`.
 *
 * Fields of an object are not reachable by RPC, methods of its class are.
 */
import { DurableObject } from 'cloudflare:workers';
import type { EventFacts } from '../event/facts.ts';
import { hideSecretsOf } from '../lib/log.ts';
import { ROOT } from '../namespace/namespace.ts';
import { parseHubName } from '../objects/hub-name.ts';
import type { Publication } from '../subscription/publication.ts';
import type { Fed, History } from './feeds/history.ts';
import type { Claim, Gathering, NoPlace, Remains } from './feeds/registry.ts';
import { EventHub, type Published } from './hub.ts';
import type { SubscriberHub } from './subscriber-hub.ts';
import { type HubState, Tenancy } from './tenancy.ts';
import { type FeedPage, type FeedReceipt, GatheringPart } from './wildcard-hub.ts';

abstract class HubObject<H extends SubscriberHub> extends DurableObject<Env> {
  protected readonly tenancy: Tenancy<H>;

  constructor(ctx: DurableObjectState, env: Env, make: () => H) {
    super(ctx, env);
    hideSecretsOf(env);
    this.tenancy = new Tenancy(ctx, make);
  }

  /** Takes the handshake of a subscriber. */
  override fetch(request: Request): Promise<Response> {
    return this.tenancy.open((hub) => hub.accept(request));
  }

  /**
   * Told by an authority that a token or a policy is not what it was.
   *
   * @param authority the key of its namespace
   * @returns whether this hub has any business with it
   */
  changed(authority: string): Promise<boolean> {
    return this.tenancy.visit((hub) => hub.changed(authority), false);
  }

  /** What decided about the last events with this id, the newest first. */
  recall(id: string): Promise<EventFacts[]> {
    return this.tenancy.visit((hub) => hub.recall(id), []);
  }

  /** Ends with all subscribers and all that it knows; whoever calls it afterwards fails. */
  wipe(): Promise<void> {
    return this.tenancy.wipe();
  }

  /** How it is, for an operator. */
  state(): Promise<HubState> {
    return this.tenancy.state();
  }

  /** Begins again with nothing, where its storage cannot be read. @returns whether that was so */
  reset(): Promise<boolean> {
    return this.tenancy.reset();
  }

  override alarm(): Promise<void> {
    return this.tenancy.ring();
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.tenancy.message(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.tenancy.left(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.tenancy.left(socket, 1011);
  }
}

export class Hub extends HubObject<EventHub> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, () => new EventHub(ctx, env));
  }

  /** See `EventHub`. */
  publish(publications: readonly Publication[], owner?: string): Promise<Published> {
    return this.tenancy.open((hub) => hub.publish(publications, owner));
  }

  /**
   * Told by a wildcard hub whether it wants this hub's events. The newest word counts.
   *
   * @param fed what it has of them
   * @param maxEvents how many it will take of those that it lacks, and `maxBytes` likewise
   * @returns the newest that it lacks; undefined where nothing is stored here
   */
  gather(
    wildcardHub: string,
    gathering: Gathering,
    fed: Fed | undefined,
    maxEvents: number,
    maxBytes: number,
  ): Promise<History | undefined> {
    return this.tenancy.visit<History | undefined>(
      (hub) => hub.gather(wildcardHub, gathering, fed, maxEvents, maxBytes),
      undefined,
    );
  }

  /** Whether there is a reason to keep it; where there is none it goes, and leaves the registries. */
  review(): Promise<boolean> {
    return this.tenancy.visit(() => true, false);
  }
}

export class WildcardHub extends HubObject<GatheringPart> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, () => new GatheringPart(ctx, env));
  }

  /**
   * Notes a hub and tells it whether it is gathered from.
   *
   * @param hub its name: of this Vault namespace, or of one below
   * @returns why it gets no place; undefined for `too_many_hubs`
   * @throws where the Vault namespace is no more
   */
  register(
    hub: string,
    claim: Claim = {},
  ): Promise<Gathering | Exclude<NoPlace, 'too_many_hubs'> | undefined> {
    return this.tenancy.open((part) => part.register(hub, claim));
  }

  /** Notes a hub that has subscribers and no events. @returns whether it is registered as one that has */
  attend(hub: string): Promise<boolean> {
    const attend = (part: GatheringPart) => part.attend(hub);
    return parseHubName(this.ctx.id.name).namespaceKey === ROOT
      ? this.tenancy.visit(attend, false)
      : this.tenancy.open(attend);
  }

  /** Forgets a hub that has nothing any more. */
  unregister(hub: string, remains?: Remains): Promise<void> {
    return this.tenancy.visit((part) => part.unregister(hub, remains), undefined);
  }

  /** The hubs that events for the subscription can come from. */
  hubs(): Promise<string[]> {
    return this.tenancy.visit((part) => part.hubs(), []);
  }

  /** Takes a page of the journal of a hub and sends it on. */
  receive(page: FeedPage): Promise<FeedReceipt> {
    return this.tenancy.visit<FeedReceipt>((part) => part.receive(page), {
      taken: page.after,
      gathering: undefined,
    });
  }
}
