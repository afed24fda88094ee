/**
 * Feeds the replicas of a hub, or of a region head, what they want of its journal. Each confirms what it has taken, so a call that
 * failed, or whose answer was lost, is repeated without harm. One call is under way to a replica; the next one takes all that
 * came meanwhile. No replica waits for another, and nobody who publishes waits for any. If nothing is wanted, there is no call.
 */

import { logError } from '../../../lib/log.ts';
import type { HubCounts } from '../../../metrics/hub-metrics.ts';
import type { Alarms, AlarmTask } from '../../../objects/alarms.ts';
import { MIN_JOB_BACKOFF_MS } from '../../../objects/limits.ts';
import type {
  ReplicaPage,
  ReplicaReceipt,
  ReplicaState,
  ShardDirectory,
} from '../../../objects/replica-contract.ts';
import { withTimeout } from '../../../objects/with-timeout.ts';
import { takenOf } from '../../feeds/taken.ts';
import {
  MAX_FED_BYTES,
  MAX_FEED_BACKOFF_MS,
  MAX_FEED_BYTES,
  MAX_REPLICA_CALL_MS,
  MAX_RETRIED_BYTES,
  MAX_UNTOLD_EVENTS,
  REPLICA_GUARD_MS,
} from '../../limits.ts';
import type { FedReplica, FedReplicas } from './fed-replicas.ts';
import type { FeedSource } from './feed-source.ts';
import type { PageBuilder } from './page-builder.ts';
import { endOf, pageWith } from './replica-page.ts';

/**
 * Publishers are answered before replicas are fed. So a hub stores up to which sequence all replicas have everything. If that is
 * not the last one when it wakes, it asks them. It is stored by the alarm that an event sets, so it costs two rows a burst.
 */
export const CONFIRMED_KEY = 'replicas_confirmed';

export interface ReplicaFeedsParts {
  readonly ctx: Pick<DurableObjectState, 'waitUntil'>;
  readonly alarms: Pick<Alarms, 'arm'>;
  readonly source: FeedSource;
  readonly replicas: FedReplicas;
  readonly builder: PageBuilder;
  readonly counts: Pick<HubCounts, 'replicaPagesTaken' | 'replicaPagesFailed'>;
  /** Of a hub. A region head is fed again by its hub if it is lost before its replicas have confirmed. */
  readonly guard: Pick<DurableObjectStorage['kv'], 'get' | 'put'> | undefined;
  directory(): ShardDirectory;
  receive(replica: string, page: ReplicaPage): Promise<ReplicaReceipt>;
}

export class ReplicaFeeds implements AlarmTask {
  readonly #parts: ReplicaFeedsParts;
  /** When it is looked whether all have confirmed; Infinity if all have, undefined until it was looked up. */
  #guardAt: number | undefined;
  /** Whether something is stored that is not visible yet. */
  #isAppending = false;

  constructor(parts: ReplicaFeedsParts) {
    this.#parts = parts;
  }

  /** What is known without asking them: since the object woke, each has said how many sockets it has with its first receipt. */
  states(): ReplicaState[] {
    const { replicas, source } = this.#parts;
    return replicas.names().map((name) => {
      const replica = replicas.get(name);
      if (replica === undefined) return { name, sockets: 0, lag: 0 };
      return { name, sockets: replica.sockets, lag: Math.max(source.last - endOf(replica), 0) };
    });
  }

  /** @param last where the journal ended when the object woke */
  begin(last = this.#parts.source.last): void {
    const isUnsure = this.#guardedUntil(last) !== Number.POSITIVE_INFINITY;
    this.#parts.replicas.begin(last, isUnsure);
  }

  /**
   * A hub appends events, in this turn. They are fed whatever becomes of the object.
   *
   * @param last where the journal ended before
   * @returns resolves when that is sure; undefined if it is already
   */
  guard(last: number): Promise<void> | undefined {
    const { replicas, guard, alarms } = this.#parts;
    if (replicas.isEmpty) return undefined;
    this.begin(last);
    this.#isAppending = true;
    if (guard === undefined || this.#guardedUntil() !== Number.POSITIVE_INFINITY) return undefined;
    this.#guardAt = Date.now() + REPLICA_GUARD_MS;
    return alarms.arm();
  }

  /** Feeds what the journal has. Waits for nothing. */
  feed(): void {
    const { replicas } = this.#parts;
    this.#isAppending = false;
    if (replicas.isEmpty) return;
    this.begin();
    for (const replica of replicas.all()) {
      if (replica.retryAt === Number.POSITIVE_INFINITY) this.#start(replica);
    }
  }

  /**
   * For a region head: feeds its replicas, and waits until they have everything up to a sequence. If one has not in time, it is
   * stored how far that one is, an alarm feeds it, and nobody waits for it until it has caught up.
   *
   * @param before the sequence up to which all of them had everything that they wanted
   */
  async feedThrough(before: number, through: number, maxMs: number): Promise<void> {
    const { replicas, alarms } = this.#parts;
    if (replicas.isEmpty) return;
    this.begin(before);
    this.feed();
    const awaited = replicas.all().filter((each) => !each.isBehind && !hasAll(each, through));
    if (awaited.length === 0) return;
    try {
      await withTimeout(maxMs, Promise.all(awaited.map(({ call }) => call)));
    } catch (error) {
      logError('a replica does not confirm in time and is fed later', error);
    }
    for (const replica of awaited) {
      if (replicas.get(replica.name) !== replica || hasAll(replica, through)) continue;
      replicas.fellBehind(replica);
      this.#retryLater(replica);
    }
    await alarms.arm();
  }

  /** Another epoch of the journal has begun: a region head took the first page of it. Its replicas are told at once. */
  renew(): void {
    const { replicas, source, builder } = this.#parts;
    // The same sequences are other events now.
    builder.forget();
    this.begin();
    for (const replica of replicas.all()) {
      replica.taken = source.last;
      replica.scanned = source.last;
      replica.isUnsure = true;
    }
    this.feed();
  }

  nextDue(): number {
    const { replicas } = this.#parts;
    if (replicas.isEmpty) return Number.POSITIVE_INFINITY;
    return Math.min(this.#guardedUntil(), replicas.firstDue);
  }

  /** Waits for nothing: other tasks of the alarm are due, such as tokens that expire. */
  run(now: number): void {
    this.begin();
    const isGuardDue = this.#guardedUntil() <= now;
    const all = this.#parts.replicas.all();
    for (const replica of all) {
      const isDue = replica.retryAt <= now;
      if (isDue && replica.isFeeding) this.#retryLater(replica);
      else if (isDue) replica.retryAt = Number.POSITIVE_INFINITY;
      if (isDue || isGuardDue) this.#start(replica);
    }
    if (isGuardDue) this.#endGuard();
  }

  #start(replica: FedReplica): void {
    const { ctx, source } = this.#parts;
    if (replica.isFeeding || hasAll(replica, source.last)) return;
    replica.call = this.#feedAll(replica);
    ctx.waitUntil(replica.call);
  }

  /** Until it has everything, is dropped, or fails. */
  async #feedAll(replica: FedReplica): Promise<void> {
    const { source, replicas } = this.#parts;
    replica.isFeeding = true;
    try {
      while (replicas.get(replica.name) === replica && !hasAll(replica, source.last)) {
        const loading = source.load(endOf(replica));
        if (loading !== undefined) await loading;
        const page = this.#next(replica);
        if (page !== undefined) await this.#send(replica, page);
        else if (!hasAll(replica, source.last)) await scheduler.wait(0);
      }
      replica.retryAt = Number.POSITIVE_INFINITY;
      replica.backoffMs = MIN_JOB_BACKOFF_MS;
      if (replicas.get(replica.name) === replica) replicas.caughtUp(replica);
    } catch (error) {
      logError(`${replica.name} cannot be fed and will be later`, error);
      this.#retryLater(replica);
      replica.backoffMs = Math.min(2 * replica.backoffMs, MAX_FEED_BACKOFF_MS);
    } finally {
      replica.isFeeding = false;
      if (replicas.all().every(({ isFeeding }) => !isFeeding)) this.#parts.builder.forget();
    }
  }

  /** Undefined if nothing of the next part is wanted. A replica that has been told nothing for long is told where it is. */
  #next(replica: FedReplica): ReplicaPage | undefined {
    const { source, builder } = this.#parts;
    // The pages of calls that are never answered stay in memory.
    const isRetried = replica.backoffMs > MIN_JOB_BACKOFF_MS;
    const maxBytes = isRetried ? Math.min(MAX_RETRIED_BYTES, this.maxBytes) : this.maxBytes;
    const part = builder.partAfter(endOf(replica), replica.matched, maxBytes);
    const page = pageWith(part, replica, source, this.#parts.directory());
    const isUntold = part.through - replica.taken >= MAX_UNTOLD_EVENTS;
    if (part.slices.length > 0 || page.isMissing || replica.isUnsure || isUntold) return page;
    replica.scanned = part.through;
    replica.confirmed = Math.max(replica.confirmed, part.through);
    return undefined;
  }

  /** Bytes of a page. The pages of all replicas may be under way. */
  get maxBytes(): number {
    return Math.min(MAX_FEED_BYTES, Math.floor(MAX_FED_BYTES / this.#parts.replicas.all().length));
  }

  async #send(replica: FedReplica, page: ReplicaPage): Promise<void> {
    const { counts } = this.#parts;
    try {
      const called = this.#parts.receive(replica.name, page);
      this.#received(replica, page, await withTimeout(MAX_REPLICA_CALL_MS, called));
      counts.replicaPagesTaken++;
    } catch (error) {
      counts.replicaPagesFailed++;
      throw error;
    }
  }

  #received(replica: FedReplica, page: ReplicaPage, receipt: ReplicaReceipt): void {
    const { replicas, source } = this.#parts;
    const { taken, request, sockets } = receipt;
    // It was dropped, or another epoch has begun, while the call was under way.
    if (replicas.get(replica.name) !== replica) return;
    if (page.journal.epoch !== source.facts.epoch) return;
    replica.sockets = sockets;
    if (request !== undefined) replicas.accept(replica.name, request, replica.taken);
    if (taken === undefined) {
      replicas.drop(replica);
      return;
    }
    const position = takenOf(taken, page.journal);
    // One that waits for the answer to a later request does not take what follows an earlier one.
    const isCurrent = replica.version === page.version;
    if (isCurrent && position === page.after && page.through > page.after) {
      throw new Error(`${replica.name} takes nothing`);
    }
    replica.isUnsure = false;
    replica.backoffMs = MIN_JOB_BACKOFF_MS;
    replica.taken = position;
    replica.scanned = position;
    replica.confirmed = Math.max(replica.confirmed, position);
  }

  #retryLater(replica: FedReplica): void {
    replica.retryAt = Date.now() + replica.backoffMs;
    this.#parts.alarms.arm();
  }

  /** @param last where the journal ended when the object woke */
  #guardedUntil(last?: number): number {
    if (this.#guardAt === undefined) {
      const { guard, source } = this.#parts;
      const isConfirmed =
        guard === undefined || (guard.get<number>(CONFIRMED_KEY) ?? 0) === (last ?? source.last);
      this.#guardAt = isConfirmed ? Number.POSITIVE_INFINITY : 0;
    }
    return this.#guardAt;
  }

  #endGuard(): void {
    const { replicas, source, guard } = this.#parts;
    const areConfirmed = replicas.all().every((each) => hasAll(each, source.last));
    if (areConfirmed && !this.#isAppending) {
      guard?.put(CONFIRMED_KEY, source.last);
      this.#guardAt = Number.POSITIVE_INFINITY;
    } else {
      this.#guardAt = Date.now() + REPLICA_GUARD_MS;
    }
  }
}

function hasAll(replica: FedReplica, through: number): boolean {
  return endOf(replica) >= through && !replica.isUnsure;
}
