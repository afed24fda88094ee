/** What both kinds of replica answer. `ShardContract` says what each method is for. */
import { DurableObject } from 'cloudflare:workers';
import type { EventFacts } from '../../../event/facts.ts';
import { hideSecretsOf } from '../../../lib/log.ts';
import type { Quotas } from '../../../namespace/quota.ts';
import type {
  HubState,
  OpenSubscription,
  SubscriptionPage,
  SubscriptionPosition,
} from '../../../objects/hub-contract.ts';
import type { Schema } from '../../../objects/migrations.ts';
import type {
  ReplicaPage,
  ReplicaReceipt,
  ShardContract,
  TokenId,
} from '../../../objects/replica-contract.ts';
import { HubLifecycle } from '../../lifecycle.ts';
import { isOpen } from '../../subscribers/subscription-classes.ts';
import { NO_SUBSCRIPTIONS } from '../../subscribers/subscription-list.ts';
import type { ReplicaEnds } from '../at-parent/replica-ends.ts';
import type { ReplicaParts } from './compose-replica.ts';
import { emptyReplica } from './emptied-replica.ts';
import { NEVER_RESTORED } from './never-restored.ts';
import { receiptOfNobody } from './receiver.ts';

export class Replica extends DurableObject<Env> implements ShardContract {
  readonly #lifecycle: HubLifecycle<ReplicaParts>;

  constructor(ctx: DurableObjectState, env: Env, lifecycle: HubLifecycle<ReplicaParts>) {
    super(ctx, env);
    hideSecretsOf(env);
    this.#lifecycle = lifecycle;
  }

  receive(page: ReplicaPage): Promise<ReplicaReceipt> {
    return this.#lifecycle.visit(({ receiver }) => receiver.receive(page), receiptOfNobody(page));
  }

  authorityChanged(authority: string): Promise<boolean> {
    return this.#lifecycle.visit(
      ({ authoritySync }) => authoritySync.authorityChanged(authority),
      false,
    );
  }

  setQuotas(quotas: Quotas): Promise<boolean> {
    return this.#lifecycle.visit((replica) => {
      replica.quotas.set(quotas);
      return true;
    }, false);
  }

  /** Its hub knows them. */
  async recall(): Promise<EventFacts[]> {
    return [];
  }

  subscriptions(after: SubscriptionPosition | undefined, limit: number): Promise<SubscriptionPage> {
    return this.#lifecycle.visit(async ({ link, list }) => {
      await link.ready();
      return list.page(after, limit);
    }, NO_SUBSCRIPTIONS);
  }

  closeSubscription(key: string): Promise<OpenSubscription | undefined> {
    return this.#lifecycle.visit(async ({ link, list }) => {
      await link.ready();
      return list.close(key);
    }, undefined);
  }

  countSocketsOf(tokens: readonly TokenId[]): Promise<number[]> {
    return this.#lifecycle.visit(
      (parts) =>
        tokens.map(({ authority, id }) => countOpen(this.ctx, parts.tokens.tagOf(authority, id))),
      tokens.map(() => 0),
    );
  }

  state(): Promise<HubState> {
    return this.#lifecycle.state();
  }

  countSubscribers(): number {
    return this.#lifecycle.subscribers;
  }

  reset(): Promise<boolean> {
    return this.#lifecycle.reset();
  }

  wipe(shards?: number): Promise<void> {
    return this.#lifecycle.wipe(shards);
  }

  clear(why?: string, shards?: number): Promise<void> {
    return this.#lifecycle.clear(why, shards);
  }

  /** The handshake of a subscriber. */
  override fetch(request: Request): Promise<Response> {
    return this.#lifecycle.accept(request);
  }

  override alarm(): Promise<void> {
    return this.#lifecycle.alarm();
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#lifecycle.message(socket, data);
  }

  override webSocketClose(
    socket: WebSocket,
    code: number,
    _reason: string,
    wasClean: boolean,
  ): void {
    this.#lifecycle.closed(socket, code, wasClean);
  }

  override webSocketError(socket: WebSocket): void {
    this.#lifecycle.closed(socket, 1011, false);
  }
}

function countOpen(ctx: DurableObjectState, tag: string | undefined): number {
  return tag === undefined ? 0 : ctx.getWebSockets(tag).filter(isOpen).length;
}

/**
 * The lifecycle of a replica: that of a hub, without restores.
 *
 * @param shards of a region head
 */
export function replicaLifecycle<Parts extends ReplicaParts>(
  ctx: DurableObjectState,
  schema: Schema,
  compose: () => Parts,
  shards?: ReplicaEnds,
): HubLifecycle<Parts> {
  return new HubLifecycle({
    ctx,
    schema,
    generation: NEVER_RESTORED,
    ...(shards && { replicas: shards }),
    compose,
    renew: () => undefined,
    empty: () => emptyReplica(ctx, shards !== undefined),
  });
}
