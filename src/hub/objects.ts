/**
 * The Durable Objects of the hubs: what can be called, and what the runtime calls. Each has a hub while there
 * is a reason, see `tenancy.ts`.
 *
 * Fields of an object are not reachable by RPC, methods of its class are.
 */
import { DurableObject } from 'cloudflare:workers';
import type { EventFacts } from '../event/facts.ts';
import { hideSecretsOf } from '../lib/log.ts';
import type { Result } from '../lib/result.ts';
import { ROOT } from '../namespace/namespace.ts';
import type {
  Backfill,
  FeedPage,
  FeedPosition,
  FeedReceipt,
  FeedRequest,
  HubContract,
  HubState,
  Published,
  Registration,
  RegistrationRefusal,
  SubscriberHubContract,
  Unregistration,
  WildcardHubContract,
} from '../objects/hub-contract.ts';
import { parseHubName } from '../objects/hub-name.ts';
import type { Schema } from '../objects/migrations.ts';
import type { Publication } from '../subscription/publication.ts';
import { EventHub } from './hub.ts';
import { HUB_SCHEMA, WILDCARD_HUB_SCHEMA } from './schema.ts';
import type { SubscriberHub } from './subscriber-hub.ts';
import { Tenancy } from './tenancy.ts';
import { GatheringPart } from './wildcard-hub.ts';

abstract class HubObject<H extends SubscriberHub>
  extends DurableObject<Env>
  implements SubscriberHubContract
{
  protected readonly tenancy: Tenancy<H>;

  constructor(ctx: DurableObjectState, env: Env, schema: Schema, make: () => H) {
    super(ctx, env);
    hideSecretsOf(env);
    this.tenancy = new Tenancy(ctx, schema, make);
  }

  /** Takes the handshake of a subscriber. */
  override fetch(request: Request): Promise<Response> {
    return this.tenancy.open((hub) => hub.accept(request));
  }

  changed(authority: string): Promise<boolean> {
    return this.tenancy.visit((hub) => hub.changed(authority), false);
  }

  recall(id: string): Promise<EventFacts[]> {
    return this.tenancy.visit((hub) => hub.recall(id), []);
  }

  wipe(): Promise<void> {
    return this.tenancy.wipe();
  }

  state(): Promise<HubState> {
    return this.tenancy.state();
  }

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

export class Hub extends HubObject<EventHub> implements HubContract {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, HUB_SCHEMA, () => new EventHub(ctx, env));
  }

  publish(publications: readonly Publication[], owner?: string): Promise<Published> {
    return this.tenancy.open((hub) => hub.publish(publications, owner));
  }

  requestFeed(
    wildcardHub: string,
    request: FeedRequest,
    position: FeedPosition | undefined,
    maxEvents: number,
    maxBytes: number,
  ): Promise<Backfill | undefined> {
    return this.tenancy.visit<Backfill | undefined>(
      (hub) => hub.requestFeed(wildcardHub, request, position, maxEvents, maxBytes),
      undefined,
    );
  }

  isNeeded(): Promise<boolean> {
    return this.tenancy.visit(() => true, false);
  }
}

export class WildcardHub extends HubObject<GatheringPart> implements WildcardHubContract {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, WILDCARD_HUB_SCHEMA, () => new GatheringPart(ctx, env));
  }

  register(
    hub: string,
    registration: Registration = {},
  ): Promise<Result<FeedRequest, RegistrationRefusal>> {
    return this.tenancy.open((part) => part.register(hub, registration));
  }

  registerWithoutEvents(hub: string): Promise<boolean> {
    const register = (part: GatheringPart) => part.registerWithoutEvents(hub);
    return parseHubName(this.ctx.id.name).namespaceKey === ROOT
      ? this.tenancy.visit(register, false)
      : this.tenancy.open(register);
  }

  unregister(hub: string, unregistration?: Unregistration): Promise<void> {
    return this.tenancy.visit((part) => part.unregister(hub, unregistration), undefined);
  }

  hubs(): Promise<string[]> {
    return this.tenancy.visit((part) => part.hubs(), []);
  }

  receive(page: FeedPage): Promise<FeedReceipt> {
    return this.tenancy.visit<FeedReceipt>((part) => part.receive(page), {
      taken: page.after,
      request: undefined,
    });
  }
}
