/**
 * The wildcard hub of one Vault namespace: it serves the subscriptions that span hubs (`*`, `kv*`, or namespaces below),
 * and is the registry of the hubs that feed it. `WildcardHubContract` says what each method is for.
 *
 * A hub registers before its first event is acknowledged, and a subscriber's class is stored before its handshake asks
 * for feeds. So whichever comes second finds the other, and a 101 misses nothing that is published after it.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Region } from '../config/region.ts';
import type { EventFacts } from '../event/facts.ts';
import { hideSecretsOf } from '../lib/log.ts';
import type { Result } from '../lib/result.ts';
import type { Quotas } from '../namespace/quota.ts';
import { Alarms } from '../objects/alarms.ts';
import type { Announcement } from '../objects/announcement.ts';
import { callEach } from '../objects/call.ts';
import type {
  FeedPage,
  FeedReceipt,
  FeedRequest,
  HubState,
  OpenSubscription,
  Registration,
  RegistrationRefusal,
  SubscriptionPage,
  SubscriptionPosition,
  Unregistration,
  WildcardHubContract,
} from '../objects/hub-contract.ts';
import { hubOfObject, parseHubName } from '../objects/names.ts';
import { currentBookmark } from '../objects/point-in-time.ts';
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
import { callDispatcher, callHub } from '../objects/stubs.ts';
import type { AuthoritySync } from './authority-sync/authority-sync.ts';
import type { Teardown } from './composed-hub.ts';
import type { FanOut } from './delivery/fan-out.ts';
import { emptyWildcardHub } from './emptied-hub.ts';
import { FeedDemand } from './feeds/at-wildcard-hub/feed-demand.ts';
import { FeedPositions } from './feeds/at-wildcard-hub/feed-positions.ts';
import { FeedReceiver } from './feeds/at-wildcard-hub/feed-receiver.ts';
import { FeedStarter } from './feeds/at-wildcard-hub/feed-starter.ts';
import { FeedWriter } from './feeds/at-wildcard-hub/feed-writer.ts';
import { KnownHubs } from './feeds/at-wildcard-hub/known-hubs.ts';
import { Registrar } from './feeds/at-wildcard-hub/registrar.ts';
import { RetainedSubscriptions } from './feeds/at-wildcard-hub/retained-subscriptions.ts';
import { composeReporter } from './hub-state.ts';
import type { Journal } from './journal/journal.ts';
import { openJournal } from './journal/open-journal.ts';
import { HubLifecycle } from './lifecycle.ts';
import { openHubMemory } from './memory-budget.ts';
import { askDispatcherAgain, StoredAnnouncement } from './notices/stored-announcement.ts';
import { KnownQuotas } from './quotas/known-quotas.ts';
import { withinQuota } from './quotas/subscriber-quota.ts';
import { generationOfHub, renewWildcardHub } from './restored-hub.ts';
import { Returns } from './returns/returns.ts';
import { WILDCARD_HUB_SCHEMA } from './schema.ts';
import type { FedReplicas } from './shards/at-parent/fed-replicas.ts';
import { composeHubParent } from './shards/at-parent/hub-parent.ts';
import { keptReplicas } from './shards/at-parent/kept-replicas.ts';
import { endsOfRegions } from './shards/at-parent/replica-ends.ts';
import { HubShards } from './shards/directory.ts';
import { HubRegions } from './shards/hub-regions.ts';
import { placementAtHub } from './shards/placement/hub-placement.ts';
import { withShards } from './shards/with-shards.ts';
import { composeSockets, composeSubscribers } from './subscribers/compose-subscribers.ts';
import { NO_SUBSCRIPTIONS } from './subscribers/subscription-list.ts';

export class WildcardHub extends DurableObject<Env> implements WildcardHubContract, ParentContract {
  readonly #lifecycle: HubLifecycle<WildcardHubParts>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    hideSecretsOf(env);
    this.#lifecycle = new HubLifecycle({
      ctx,
      schema: WILDCARD_HUB_SCHEMA,
      generation: generationOfHub(ctx, env),
      replicas: endsOfRegions(ctx, env),
      compose: () => composeWildcardHub(ctx, env),
      kept: () => keptReplicas(ctx.storage),
      renew: (kept) => renewWildcardHub(ctx, env, kept),
      empty: () => emptyWildcardHub(ctx, env),
    });
  }

  register(
    hub: string,
    registration: Registration = {},
  ): Promise<Result<FeedRequest, RegistrationRefusal>> {
    return this.#lifecycle.open(({ registrar }) => registrar.register(hub, registration));
  }

  registerWithoutEvents(hub: string): Promise<boolean> {
    return this.#lifecycle.open(({ registrar }) => registrar.registerWithoutEvents(hub));
  }

  unregister(hub: string, unregistration: Unregistration): Promise<void> {
    return this.#lifecycle.visit(
      ({ registrar }) => registrar.unregister(hub, unregistration),
      undefined,
    );
  }

  hubs(which?: 'own'): Promise<string[]> {
    return this.#lifecycle.visit(
      ({ knownHubs }) => (which === 'own' ? knownHubs.own() : knownHubs.all()),
      [],
    );
  }

  announce(announcement: Announcement): Promise<string[]> {
    const announce = ({ registrar }: WildcardHubParts) => registrar.announce(announcement);
    // Without hubs, there is nobody to be told that nothing is wanted.
    const isNothing = announcement.interest.length === 0;
    return isNothing ? this.#lifecycle.visit(announce, []) : this.#lifecycle.open(announce);
  }

  receive(page: FeedPage): Promise<FeedReceipt> {
    return this.#lifecycle.visit<FeedReceipt>(({ receiver }) => receiver.receive(page), {
      taken: page.after,
      request: undefined,
    });
  }

  attach(replica: string, request: AttachRequest): Promise<AttachAnswer> {
    return this.#lifecycle.open(({ parent }) => parent.attach(replica, request));
  }

  history(after: number, maxEvents: number, maxBytes: number): Promise<HistoryPage> {
    return this.#lifecycle.open(({ parent }) => parent.history(after, maxEvents, maxBytes));
  }

  locate(query: LocateQuery): Promise<Located> {
    return this.#lifecycle.open(({ parent }) => parent.locate(query));
  }

  authorityChanged(authority: string): Promise<boolean> {
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

  async reset(): Promise<boolean> {
    const wasReset = await this.#lifecycle.reset();
    if (wasReset) askDispatcherAgain(this.ctx.storage);
    return wasReset;
  }

  wipe(): Promise<void> {
    return this.#lifecycle.wipe();
  }

  async clear(): Promise<void> {
    const wasReset = await this.reset();
    if (!wasReset) await this.#lifecycle.clear();
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

type WildcardHubParts = ReturnType<typeof composeWildcardHub>;

/** The parts of a wildcard hub, and what each depends on. */
function composeWildcardHub(ctx: DurableObjectState, env: Env) {
  const { namespaceKey } = parseHubName(ctx.id.name);
  const { sql } = ctx.storage;
  const alarms = new Alarms(ctx);
  const journal = openJournal(ctx.storage, env);
  const knownHubs = new KnownHubs(sql, namespaceKey);
  const positions = new FeedPositions(sql, journal);
  const retained = new RetainedSubscriptions(sql, journal.maxAgeMs);
  const memory = openHubMemory(ctx.id.toString());
  const subscribers = composeSubscribers(ctx, env, journal, alarms, memory, retained);
  const { authoritySync, classes, closer, cursors, fanOut, list, meter, throttle } = subscribers;
  const shards = new HubShards(ctx.storage, env);
  const parent = composeHubParent({
    ctx,
    env,
    alarms,
    journal,
    cursors,
    throttle,
    shards,
    counts: meter.counts,
    dropped: (wanted) => retained.add(wanted, Date.now()),
  });
  const { replicas, feeds: replicaFeeds } = parent;
  const demand = new FeedDemand({ classes, retained, replicas, journal, cursors });
  const writer = new FeedWriter({ ctx, journal, positions, fanOut, replicaFeeds });
  const shared = {
    ctx,
    env,
    alarms,
    journal,
    memory,
    authoritySync,
    knownHubs,
    positions,
    demand,
    writer,
    replicas,
  };
  const quotas = new KnownQuotas(ctx, env);
  const announced = new StoredAnnouncement(ctx.storage.kv, () =>
    callDispatcher(env, namespaceKey, (dispatcher) => dispatcher.announcement()),
  );
  const registrar = new Registrar({ ...shared, namespaceKey, quotas, announced });
  const starter = new FeedStarter({ ...shared, registrar });
  const receiver = new FeedReceiver({ ...shared, starter });
  const returns = new Returns({ ctx, alarms, journal, env });
  const hub = hubOfObject(ctx.id.name);
  const regions = new HubRegions({ ctx, hub, shards, feeds: replicaFeeds });
  const placed = placementAtHub(ctx, env, shards);
  const sockets = composeSockets(
    subscribers,
    withinQuota({ ctx, env, quotas }, starter),
    returns,
    placed,
  );
  alarms.add(journal.trimmer, journal.conversion, replicaFeeds);
  return {
    alarms,
    journal,
    shards,
    authoritySync,
    closer,
    sockets,
    list,
    returns,
    knownHubs,
    quotas,
    registrar,
    receiver,
    parent: parent.answering(starter),
    regions,
    reporter: composeReporter(env, subscribers, { journal, regions: () => regions.values() }),
    teardown: new WildcardHubTeardown({ ...shared, fanOut, retained, returns, announced }),
  };
}

interface TeardownParts {
  readonly env: Env;
  readonly journal: Journal;
  readonly authoritySync: AuthoritySync;
  readonly fanOut: FanOut;
  readonly knownHubs: KnownHubs;
  readonly retained: RetainedSubscriptions;
  readonly demand: FeedDemand;
  readonly replicas: FedReplicas;
  readonly returns: Returns;
  readonly announced: StoredAnnouncement;
}

class WildcardHubTeardown implements Teardown {
  readonly #parts: TeardownParts;

  constructor(parts: TeardownParts) {
    this.#parts = parts;
  }

  /**
   * Only a wildcard hub that never had an event, and has no hubs, no position to resume from, and nothing to tell hubs that
   * register later, is released.
   */
  get isDue(): boolean {
    const { journal, knownHubs, retained, demand, replicas, returns, announced } = this.#parts;
    const isWanted =
      !retained.isEmpty || !replicas.isEmpty || demand.hasPositions || announced.isNeeded;
    return journal.isUnused && knownHubs.isEmpty && !isWanted && returns.areOver;
  }

  /** With the namespace, the hubs of the namespace are deleted first. */
  async leave(why: 'idle' | 'emptied' | 'deleted'): Promise<void> {
    const { env, authoritySync, fanOut, knownHubs } = this.#parts;
    if (why === 'deleted') {
      await callEach(knownHubs.own(), (hub) => callHub(env, hub, (stub) => stub.wipe()));
    }
    await authoritySync.unwatchAll(why === 'deleted' ? why : 'idle');
    await fanOut.finished();
  }

  retainedEntries(): [string, unknown][] {
    return [];
  }
}
