/**
 * The lifecycle of a hub in its Durable Object. The object always exists. The hub exists while it has an event or a subscriber.
 * It is composed when the first of them comes and released when the last has gone, so a call to an object leaves nothing in
 * its storage. Calls that arrive while the hub is released wait, and then find nothing or compose it again.
 *
 * Before a hub is composed, it is sure that its storage was not restored, or makes it true again (`objects/generation.ts`).
 * While it cannot find out, it serves nothing, and its callers may try again. A hub that cannot read its storage is not
 * composed. Its callers are told so, and an operator can reset it. If the storage has the schema of another release, it is
 * not reset.
 */

import { logError } from '../lib/log.ts';
import { ok, type Result } from '../lib/result.ts';
import type { AlarmTask } from '../objects/alarms.ts';
import type { HubState } from '../objects/hub-contract.ts';
import { hasTables, migrate, readableVersion } from '../objects/migrations.ts';
import { parseHubName } from '../objects/names.ts';
import { namespaceDeleted } from '../objects/namespace-end.ts';
import { startRestore } from '../objects/point-in-time.ts';
import type {
  RestoreFailure,
  RestorePoint,
  StartedRestore,
} from '../objects/restoration-contract.ts';
import { storageFailureOf } from '../objects/storage-failure.ts';
import { withTimeout } from '../objects/with-timeout.ts';
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import { type ComposedHub, type HubParts, stateOf } from './composed-hub.ts';
import { CANNOT_GO_ON, HubSockets, turnAway } from './hub-sockets.ts';
import { MAX_FEED_WAIT_MS, RELEASE_RETRY_MS } from './limits.ts';
import { Residence } from './move/residence.ts';
import { RestoreCheck } from './restore-check.ts';
import { RunningCalls } from './running-calls.ts';
import { isOwnFailure, StorageHealth } from './storage-health.ts';
import { refuse, unavailable } from './subscribers/refusal.ts';

export class HubLifecycle<H extends ComposedHub> implements AlarmTask {
  readonly residence: Residence;
  readonly #parts: HubParts<H>;
  readonly #ctx: DurableObjectState;
  readonly #health: StorageHealth;
  readonly #restoreCheck: RestoreCheck;
  readonly #calls = new RunningCalls();
  readonly #sockets: HubSockets;
  #hub: H | undefined;
  #releasing: Promise<void> | undefined;
  /** When a release that failed is tried again; Infinity if none did. */
  #retryAt = Number.POSITIVE_INFINITY;
  #wasDeleted = false;

  constructor(parts: HubParts<H>) {
    const { ctx, schema } = parts;
    this.#parts = parts;
    this.#ctx = ctx;
    this.#health = new StorageHealth(ctx);
    this.#restoreCheck = new RestoreCheck(parts, this.#health.hub);
    this.residence = new Residence(ctx);
    this.#sockets = new HubSockets(ctx);
    try {
      readableVersion(ctx.storage, schema, this.#health.hub);
      this.residence.read();
      this.#restoreCheck.begin();
      if (!this.#mayCompose) return;
      if (this.#restoreCheck.isDone) this.#composed();
      else ctx.blockConcurrencyWhile(() => this.#wake());
    } catch (error) {
      this.#cannotRead(error);
    }
  }

  /** Runs with the hub. Composes it if there is none. */
  async open<T>(run: (hub: H) => T | Promise<T>): Promise<T> {
    do {
      await this.#released();
      await this.#confirm();
    } while (this.#releasing !== undefined);
    return this.#run(run);
  }

  /** Runs with the hub if there is one. */
  async visit<T>(run: (hub: H) => T | Promise<T>, otherwise: T): Promise<T> {
    do {
      await this.#released();
      await this.#confirmIfStored();
    } while (this.#releasing !== undefined);
    const isEmpty = this.#hub === undefined && this.#health.problem === undefined;
    return isEmpty ? otherwise : this.#run(run);
  }

  /** The handshake of a subscriber. If the hub was emptied meanwhile, its class has gone: it gets no socket. */
  accept(request: Request): Promise<Response> {
    return this.open(async (hub) => {
      const response = await hub.sockets.accept(request);
      if (this.#hub === hub && !this.#wasDeleted) return response;
      response.webSocket?.accept();
      response.webSocket?.close(CLOSE_CODES.tryAgainLater);
      return refuse(unavailable('the hub was emptied meanwhile'));
    });
  }

  message(socket: WebSocket, data: string | ArrayBuffer): void {
    if (this.#hub === undefined) {
      turnAway(socket);
      return;
    }
    this.#hub.sockets.message(socket, data);
    this.#hub.reporter.worked();
  }

  closed(socket: WebSocket, code: number, wasClean: boolean): void {
    if (this.#hub === undefined) {
      turnAway(socket);
      return;
    }
    this.#hub.sockets.closed(socket, code, wasClean);
    this.#sockets.closed();
    this.#hub.reporter.worked();
    this.#releaseIfIdle();
  }

  async alarm(): Promise<void> {
    try {
      await this.visit((hub) => {
        // A socket that was lost without a close event still counts.
        this.#sockets.forgetCount();
        return hub.alarms.ring();
      }, undefined);
    } catch (error) {
      const failure = storageFailureOf(error);
      if (failure === 'unsupported') {
        // The release that can read the storage needs the alarm that was set.
        await this.#ctx.storage.setAlarm(Date.now() + RELEASE_RETRY_MS);
      } else if (failure !== 'unreadable' && !this.#wasDeleted && !this.residence.isElsewhere) {
        // The platform rings again. That does not make an unreadable storage readable.
        throw error;
      }
    }
  }

  /** Closes all subscribers and deletes everything, for good. @param shards of a region head: how many its region has */
  async wipe(shards?: number): Promise<void> {
    while (this.#releasing !== undefined) await this.#releasing;
    if (this.#wasDeleted) return;
    this.residence.admit();
    await this.#confirmIfStored();
    this.#sockets.closeAll(this.#hub, 'revoked');
    try {
      await this.#hub?.teardown.leave('deleted');
    } catch (error) {
      // A hub that cannot read its storage cannot tell others either, and is deleted nevertheless.
      if (!isOwnFailure(error)) throw error;
      this.#health.report(error);
    }
    // Handshakes went on.
    this.#wasDeleted = true;
    this.#sockets.closeAll(this.#hub, 'revoked');
    await this.#parts.replicas?.wipe(shards).catch((error: unknown) => {
      this.#wasDeleted = false;
      throw error;
    });
    this.#endMetrics(this.#hub);
    this.residence.forget();
    await this.discard();
  }

  /** Closes all subscribers and deletes all events. What comes next finds an empty hub. @param shards as above */
  async clear(why = 'the events were deleted', shards?: number): Promise<void> {
    if (await this.reset()) return;
    while (this.#releasing !== undefined) await this.#releasing;
    if (this.#hub !== undefined) this.#sockets.closeAll(this.#hub, 'unavailable', why);
    // They call this object to say that they want nothing any more.
    await this.#parts.replicas?.clear(why, shards);
    while (this.#releasing !== undefined) await this.#releasing;
    const hub = this.#hub;
    if (hub === undefined) return;
    await this.#alone(() => this.#empty(hub, why));
    this.#releaseIfIdle();
  }

  /** Starts the object again with an earlier state. Also if its storage cannot be read: this may be the remedy. */
  async restore(point: RestorePoint): Promise<Result<StartedRestore, RestoreFailure>> {
    await this.#released();
    return startRestore(this.#ctx, point, async () => {
      const why = 'the hub is being restored';
      await this.#restoreCheck.beginRestore();
      this.#sockets.closeAll(this.#hub, 'unavailable', why);
      await this.clearReplicas(why);
      return ok(undefined);
    });
  }

  /** The residence refuses what comes. What runs ends, and subscribers are closed. @returns whether all ended in time */
  async vacate(): Promise<boolean> {
    while (this.#releasing !== undefined) await this.#releasing;
    if (!(await this.#calls.ended())) return false;
    this.#sockets.closeAll(this.#hub, 'unavailable', 'the hub moves to another place');
    this.#hub = undefined;
    this.#sockets.forgetCount();
    await this.#ctx.storage.deleteAlarm();
    return true;
  }

  /** Serves again, or for the first time at this place. */
  async occupy(): Promise<void> {
    await this.#confirmIfStored();
    if (this.#mayCompose) await this.#composed().alarms.arm();
  }

  async clearReplicas(why: string): Promise<boolean> {
    return (await this.#parts.replicas?.clear(why)) ?? true;
  }

  get subscribers(): number {
    return this.#sockets.size;
  }

  async state(): Promise<HubState> {
    while (this.#releasing !== undefined) await this.#releasing;
    await this.#confirmIfStored();
    if (this.#health.problem === undefined && this.#hub !== undefined) this.#health.check();
    const problem = this.#health.problem ?? this.residence.problem;
    return stateOf(this.#hub, this.subscribers, problem);
  }

  /** Deletes everything if the storage cannot be read. @returns whether it did */
  async reset(): Promise<boolean> {
    const { state, problem } = await this.state();
    if (state === 'unsupported') throw new Error(problem);
    if (state !== 'unreadable') return false;
    logError(`the storage of ${this.#health.hub} is reset`, problem);
    while (this.#releasing !== undefined) await this.#releasing;
    this.#sockets.turnAllAway();
    // This object forgets them.
    const areCleared = await this.clearReplicas(CANNOT_GO_ON);
    if (!areCleared) throw new Error(`${this.#health.hub} has shards that do not answer`);
    await this.#alone(() => this.discard());
    this.residence.beginAgain();
    this.#health.clear();
    return true;
  }

  /** As a task of the hub: the release that failed. */
  nextDue(): number {
    return this.#retryAt;
  }

  /** The hub is released after the call of the alarm. */
  run(): void {
    this.#retryAt = Number.POSITIVE_INFINITY;
  }

  async #released(): Promise<void> {
    while (this.#releasing !== undefined) await this.#releasing;
    if (this.#wasDeleted) throw this.#deleted();
    if (this.residence.isElsewhere) throw new Error(this.residence.refusal);
  }

  /** Whether the hub is here, and has something stored. */
  get #mayCompose(): boolean {
    return !this.residence.isElsewhere && hasTables(this.#ctx.storage.sql);
  }

  #deleted(): Error {
    return namespaceDeleted(parseHubName(this.#ctx.id.name).namespaceKey);
  }

  /** When the object starts. Everything that it is told meanwhile waits. */
  async #wake(): Promise<void> {
    try {
      await this.#confirmIfStored();
    } catch (error) {
      logError(`${this.#health.hub} cannot find out whether it was restored`, error);
    }
  }

  /** The same for a hub of which nothing may be stored. */
  async #confirmIfStored(): Promise<void> {
    if (this.#mayCompose) await this.#confirm();
  }

  /** @throws if nobody knows whether the storage was restored */
  async #confirm(): Promise<void> {
    if (this.#restoreCheck.isDone || this.#health.problem !== undefined) return;
    try {
      await this.#restoreCheck.confirm();
      if (hasTables(this.#ctx.storage.sql)) this.#composed().alarms.arm();
    } catch (error) {
      if (!isOwnFailure(error) && storageFailureOf(error) !== 'unsupported') throw error;
      this.#cannotRead(error);
    }
  }

  #cannotRead(error: unknown): void {
    this.#health.report(error);
    this.#sockets.turnAllAway();
  }

  #composed(): H {
    if (this.#hub !== undefined) return this.#hub;
    const { problem } = this.#health;
    if (problem !== undefined) throw new Error(problem.message);
    const { schema, compose } = this.#parts;
    // Their classes were deleted. A new class may have the tag of one of them.
    const isNew = !hasTables(this.#ctx.storage.sql);
    if (isNew) this.#sockets.turnAllAway();
    migrate(this.#ctx.storage, schema, this.#health.hub);
    this.#hub = compose();
    this.#hub.alarms.add(this);
    return this.#hub;
  }

  async #run<T>(run: (hub: H) => T | Promise<T>): Promise<T> {
    this.#calls.begin();
    let hub: H | undefined;
    try {
      hub = this.#composed();
      const result = await run(hub);
      // Its answer may say that a table is missing, or that something was stored which is deleted now.
      if (this.#wasDeleted) throw this.#deleted();
      if (result instanceof Response && result.status === 101) this.#sockets.accepted();
      return result;
    } catch (error) {
      if (this.#wasDeleted) throw this.#deleted();
      // A call of before misses the tables that were deleted meanwhile.
      const isPresent = hub === undefined || hub === this.#hub;
      throw isPresent && isOwnFailure(error) ? this.#health.report(error) : error;
    } finally {
      this.#calls.end();
      this.#hub?.reporter.worked();
      this.#releaseIfIdle();
    }
  }

  #releaseIfIdle(): void {
    const hub = this.#hub;
    if (hub === undefined || this.#wasDeleted) return;
    if (this.#calls.areRunning || this.#releasing !== undefined) return;
    try {
      if (!hub.teardown.isDue || this.#sockets.areOpen) return;
    } catch (error) {
      this.#health.report(error);
      return;
    }
    this.#ctx.waitUntil(this.#alone(() => this.#release(hub)));
  }

  /** Calls that come wait for this. */
  #alone(work: () => Promise<void>): Promise<void> {
    this.#releasing = work().finally(() => {
      this.#releasing = undefined;
    });
    return this.#releasing;
  }

  /** A handshake that was under way would leave a socket, so the calls end first. */
  async #empty(hub: H, why: string): Promise<void> {
    const areEnded = await this.#calls.ended();
    if (!areEnded) throw new Error(`${this.#health.hub} has calls that do not end`);
    await hub.teardown.leave('emptied');
    this.#sockets.closeAll(this.#hub, 'unavailable', why);
    this.#endMetrics(hub);
    this.#ctx.storage.transactionSync(() => this.#parts.empty());
    this.#hub = undefined;
    this.#sockets.forgetCount();
    this.#composed().alarms.arm();
  }

  /** Calls wait for this, so a hub that cannot tell others in time is not released. */
  async #release(hub: H): Promise<void> {
    try {
      await withTimeout(MAX_FEED_WAIT_MS, hub.teardown.leave('idle'));
      const entries = hub.teardown.retainedEntries();
      this.#endMetrics(hub);
      await this.discard();
      for (const [key, value] of entries) this.#ctx.storage.kv.put(key, value);
      this.#restoreCheck.begin();
    } catch (error) {
      if (isOwnFailure(error)) this.#health.report(error);
      else logError(`${this.#health.hub} is not needed, and cannot be released yet`, error);
      this.#retryAt = Date.now() + RELEASE_RETRY_MS;
      hub.alarms.arm();
    }
  }

  /** A hub that never stored anything has reported nothing. One that moves goes on at its new place. */
  #endMetrics(hub: H | undefined): void {
    if (hasTables(this.#ctx.storage.sql)) hub?.reporter.ended();
  }

  /** Deletes everything but where the hub is. */
  async discard(): Promise<void> {
    this.#hub = undefined;
    this.#restoreCheck.forget();
    this.#sockets.forgetCount();
    this.#retryAt = Number.POSITIVE_INFINITY;
    await this.#ctx.storage.deleteAlarm();
    await this.#ctx.storage.deleteAll();
    this.residence.keep();
  }
}
