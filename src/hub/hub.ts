/**
 * The hub of one event-type namespace: it stores the namespace's events, delivers them to its subscribers, and feeds the
 * wildcard hubs that want them. `HubContract` says what each method is for.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Region } from '../config/region.ts';
import type { EventFacts } from '../event/facts.ts';
import type { Publication } from '../event/publication.ts';
import { hideSecretsOf } from '../lib/log.ts';
import type { Result } from '../lib/result.ts';
import type { Quotas } from '../namespace/quota.ts';
import { Alarms } from '../objects/alarms.ts';
import type { Announcement } from '../objects/announcement.ts';
import type {
  Backfill,
  FeedPosition,
  FeedRequest,
  HubContract,
  HubState,
  MovePage,
  MoveProgress,
  MoveStep,
  OpenSubscription,
  Published,
  PublishReceipt,
  PublishRequest,
  SubscriptionPage,
  SubscriptionPosition,
} from '../objects/hub-contract.ts';
import { hubOfObject, parseHubName, parseReplicaName } from '../objects/names.ts';
import { currentBookmark } from '../objects/point-in-time.ts';
import type {
  DestinationPage,
  ReadableContract,
  ReadingStart,
} from '../objects/reading-contract.ts';
import type {
  AttachAnswer,
  AttachRequest,
  HistoryPage,
  Located,
  LocateQuery,
  ParentContract,
  ShardDirectory,
} from '../objects/replica-contract.ts';
import type {
  RestoreFailure,
  RestorePoint,
  StartedRestore,
} from '../objects/restoration-contract.ts';
import { callDispatcher, callReplica } from '../objects/stubs.ts';
import { destinationPage, pageWithoutEvents } from './catch-up/destination-page.ts';
import { emptyHub } from './emptied-hub.ts';
import { backfillFrom } from './feeds/at-hub/backfill.ts';
import { FeedTargets } from './feeds/at-hub/feed-targets.ts';
import { OutgoingFeeds } from './feeds/at-hub/outgoing-feeds.ts';
import { SelfRegistration } from './feeds/at-hub/self-registration.ts';
import { composeReporter } from './hub-state.ts';
import { HubTeardown } from './hub-teardown.ts';
import { openJournal } from './journal/open-journal.ts';
import { HubLifecycle } from './lifecycle.ts';
import { openHubMemory } from './memory-budget.ts';
import { Mover } from './move/mover.ts';
import { Announcements } from './notices/announcements.ts';
import { Notices } from './notices/notices.ts';
import { PublishPipeline } from './publish-pipeline.ts';
import { KnownQuotas } from './quotas/known-quotas.ts';
import { QuotaGate } from './quotas/quota-gate.ts';
import { withinQuota } from './quotas/subscriber-quota.ts';
import { generationOfHub, renewHub } from './restored-hub.ts';
import { Returns } from './returns/returns.ts';
import { HUB_SCHEMA } from './schema.ts';
import { composeHubParent } from './shards/at-parent/hub-parent.ts';
import { keptReplicas } from './shards/at-parent/kept-replicas.ts';
import { endsOfRegions } from './shards/at-parent/replica-ends.ts';
import { HubShards } from './shards/directory.ts';
import { HubRegions } from './shards/hub-regions.ts';
import { placementAtHub } from './shards/placement/hub-placement.ts';
import { withShards } from './shards/with-shards.ts';
import { composeSockets, composeSubscribers } from './subscribers/compose-subscribers.ts';
import { NO_SUBSCRIPTIONS } from './subscribers/subscription-list.ts';

export class Hub
  extends DurableObject<Env>
  implements HubContract, ParentContract, ReadableContract
{
  readonly #lifecycle: HubLifecycle<HubParts>;
  readonly #mover: Mover;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    hideSecretsOf(env);
    this.#lifecycle = new HubLifecycle({
      ctx,
      schema: HUB_SCHEMA,
      generation: generationOfHub(ctx, env),
      replicas: endsOfRegions(ctx, env),
      compose: () => composeHub(ctx, env),
      kept: () => keptReplicas(ctx.storage),
      renew: (kept) => renewHub(ctx, env, kept),
      empty: () => emptyHub(ctx, env),
    });
    this.#mover = new Mover(ctx, env, this.#lifecycle);
  }

  publishAll(requests: readonly PublishRequest[]): Promise<PublishReceipt[]> {
    return this.#lifecycle.open(({ pipeline, shards }) => {
      shards.settle(requests[0]?.region);
      return pipeline.publishAll(requests);
    });
  }

  publish(publications: readonly Publication[], owner: string): Promise<Published> {
    return this.#lifecycle.open(({ pipeline }) => pipeline.publish(publications, owner));
  }

  requestFeed(
    wildcardHub: string,
    request: FeedRequest,
    position: FeedPosition | undefined,
    maxEvents: number,
    maxBytes: number,
  ): Promise<Backfill | undefined> {
    return this.#lifecycle.visit<Backfill | undefined>(({ targets, journal }) => {
      targets.accept(wildcardHub, request);
      const format = targets.formatFor(wildcardHub);
      return backfillFrom(journal, position, maxEvents, maxBytes, format);
    }, undefined);
  }

  attach(replica: string, request: AttachRequest): Promise<AttachAnswer> {
    return this.#lifecycle.open(({ parent }) => parent.attach(replica, request));
  }

  history(after: number, maxEvents: number, maxBytes: number): Promise<HistoryPage> {
    return this.#lifecycle.open(({ parent }) => parent.history(after, maxEvents, maxBytes));
  }

  async readFor(
    owner: string,
    from: ReadingStart,
    maxEvents: number,
    maxBytes: number,
  ): Promise<DestinationPage | undefined> {
    const page = await this.#lifecycle.visit<DestinationPage | undefined>(
      (hub) => destinationPage(hub, owner, from, maxEvents, maxBytes),
      undefined,
    );
    return page ?? pageWithoutEvents(this.ctx.storage, from);
  }

  locate(query: LocateQuery): Promise<Located> {
    return this.#lifecycle.open(({ parent }) => parent.locate(query));
  }

  announce(dispatcher: string, announcement: Announcement): Promise<FeedPosition | undefined> {
    return this.#lifecycle.visit<FeedPosition | undefined>(
      ({ notices }) => notices.announce(dispatcher, announcement),
      undefined,
    );
  }

  authorityChanged(authority: string): Promise<boolean> {
    const { name = '' } = this.ctx.id;
    if (parseReplicaName(name) !== undefined) {
      // An authority of release 0.2 takes it for a hub, and forgets what a hub says that it does not watch.
      return callReplica(this.env, name, (replica) => replica.authorityChanged(authority));
    }
    return this.#lifecycle.visit(
      ({ authoritySync }) => authoritySync.authorityChanged(authority),
      false,
    );
  }

  setQuotas(quotas: Quotas): Promise<boolean> {
    return this.#lifecycle.visit((hub) => {
      hub.quotas.set(quotas);
      return true;
    }, false);
  }

  recall(id: string): Promise<EventFacts[]> {
    return this.#lifecycle.visit(
      ({ journal }) => journal.newestWithId(id).map(({ facts }) => facts),
      [],
    );
  }

  subscriptions(after: SubscriptionPosition | undefined, limit: number): Promise<SubscriptionPage> {
    return this.#lifecycle.visit(
      ({ list, regions }) => ({ ...list.page(after, limit), ...regions.listed() }),
      NO_SUBSCRIPTIONS,
    );
  }

  returnsOf(keys: readonly string[]): Promise<(number | undefined)[]> {
    return this.#lifecycle.visit(
      ({ returns }) => returns.startsOf(keys),
      keys.map(() => undefined),
    );
  }

  closeSubscription(key: string): Promise<OpenSubscription | undefined> {
    return this.#lifecycle.visit(({ list }) => list.close(key), undefined);
  }

  shardDirectory(): Promise<ShardDirectory> {
    return withShards(this.#lifecycle, this.ctx, this.env, (shards) => shards.directory);
  }

  setShards(region: Region, from: number, to: number): Promise<ShardDirectory> {
    return withShards(this.#lifecycle, this.ctx, this.env, (shards) =>
      shards.set(region, from, to),
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

  async wipe(): Promise<void> {
    await this.#mover.wipe();
  }

  async clear(): Promise<void> {
    await this.#mover.forgetOld();
    await this.#lifecycle.clear();
  }

  move(step: MoveStep): Promise<Result<MoveProgress>> {
    return this.#mover.move(step);
  }

  async movePage(after: number): Promise<Result<MovePage>> {
    return this.#mover.page(after);
  }

  bookmark(): Promise<Result<string>> {
    return currentBookmark(this.ctx.storage);
  }

  restore(point: RestorePoint): Promise<Result<StartedRestore, RestoreFailure>> {
    return this.#lifecycle.restore(point);
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

type HubParts = ReturnType<typeof composeHub>;

/** The parts of a hub, and what each depends on. */
function composeHub(ctx: DurableObjectState, env: Env) {
  const alarms = new Alarms(ctx);
  const journal = openJournal(ctx.storage, env);
  const memory = openHubMemory(ctx.id.toString());
  const subscribers = composeSubscribers(ctx, env, journal, alarms, memory);
  const { meter, authoritySync, closer, cursors, fanOut, list, throttle } = subscribers;
  const quotas = new KnownQuotas(ctx, env);
  const quotaGate = new QuotaGate({ ctx, env, journal, quotas });
  const hub = hubOfObject(ctx.id.name);
  const { kv } = ctx.storage;
  const targets = new FeedTargets(ctx.storage);
  const announcements = new Announcements(kv, hub);
  const registration = new SelfRegistration(ctx, env, journal, targets, announcements);
  const { counts } = meter;
  const feeds = new OutgoingFeeds(ctx, env, journal, alarms, targets, registration, counts);
  const shards = new HubShards(ctx.storage, env);
  const served = { journal, cursors, throttle, shards };
  const parent = composeHubParent({ ctx, env, alarms, counts, ...served });
  const { replicas, feeds: replicaFeeds } = parent;
  const returns = new Returns({ ctx, alarms, journal, env });
  const { namespaceKey } = parseHubName(hub);
  const notices = new Notices({
    ...{ ctx, kv, alarms, journal, announcements, counts, hub },
    notify: (notice) => callDispatcher(env, namespaceKey, (stub) => stub.notify(notice)),
  });
  const regions = new HubRegions({ ctx, hub, shards, feeds: replicaFeeds });
  const placed = placementAtHub(ctx, env, shards);
  const sockets = composeSockets(
    subscribers,
    withinQuota({ ctx, env, quotas }, registration),
    returns,
    placed,
  );
  const shared = {
    ctx,
    alarms,
    journal,
    memory,
    meter,
    authoritySync,
    fanOut,
    registration,
    feeds,
    replicas,
    replicaFeeds,
    notices,
    quotaGate,
    returns,
  };
  alarms.add(journal.trimmer, journal.conversion, feeds, replicaFeeds, notices);
  return {
    ...shared,
    shards,
    throttle,
    quotas,
    closer,
    sockets,
    list,
    targets,
    parent: parent.answering(registration, () => registration.prepare()),
    regions,
    reporter: composeReporter(env, subscribers, {
      journal,
      targets,
      regions: () => regions.values(),
    }),
    pipeline: new PublishPipeline(shared),
    teardown: new HubTeardown(shared),
  };
}
