/**
 * Moves a hub to the object of another place: the steps of both objects. The old one stores first that it serves nothing
 * any more. Then the new one takes the journal page by page, with its epoch, its sequences, the key of its cursors, what
 * stock clients that return may follow, and the regions and replicas of the hub. So they, cursors and feeds go on where they were. With the last page, in one transaction, the hub is there.
 */
import { invalid, ok, type Result } from '../../lib/result.ts';
import type { MovePage, MoveProgress, MoveStep } from '../../objects/hub-contract.ts';
import { hasTables, migrate } from '../../objects/migrations.ts';
import { nameForOperators } from '../../objects/names.ts';
import { callHubAt } from '../../objects/stubs.ts';
import { BEHIND_KEY } from '../feeds/at-hub/outgoing-feeds.ts';
import { openJournal } from '../journal/open-journal.ts';
import { UnconvertedRows } from '../journal/unconverted-rows.ts';
import { MAX_MOVE_MS } from '../limits.ts';
import { HUB_SCHEMA } from '../schema.ts';
import { tellReplicasSoon } from '../shards/at-parent/kept-replicas.ts';
import { countSegments, insertRows, readPage } from './journal-copy.ts';
import type { Residence } from './residence.ts';

/** What a move needs of the lifecycle of the hub. */
interface Lifecycle {
  readonly residence: Residence;
  /** Ends what runs, and closes the subscribers. @returns whether everything ended in time */
  vacate(): Promise<boolean>;
  /** Serves again. */
  occupy(): Promise<void>;
  /** Deletes everything but where the hub is. */
  discard(): Promise<void>;
  wipe(): Promise<void>;
  /** Closes the subscribers at replicas. @returns whether all replicas have answered */
  clearReplicas(why: string): Promise<boolean>;
}

const BUSY = 'the hub is busy with what it was told before; repeat the request';
const CANCELLED = 'the hub moves back to where it was';
const NOTHING: MoveProgress = { isDone: true, events: 0, copied: 0 };

export class Mover {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #lifecycle: Lifecycle;
  /** Whether nothing changes the journal any more. */
  #isVacant = false;

  constructor(ctx: DurableObjectState, env: Env, lifecycle: Lifecycle) {
    this.#ctx = ctx;
    this.#env = env;
    this.#lifecycle = lifecycle;
  }

  move(request: MoveStep): Promise<Result<MoveProgress>> {
    switch (request.step) {
      case 'leave':
        return this.#leave(request.to);
      case 'arrive':
        return this.#arrive(request.from);
      case 'return':
        return this.#return();
      case 'abandon':
        return this.#abandon();
      case 'finish':
        return this.#finish();
      case 'forget':
        return this.#forget(request.by);
      case 'wipe':
        return this.wipe(request.by);
    }
  }

  page(after: number): Result<MovePage> {
    const { stored } = this.#residence;
    if (stored?.state !== 'left' || !this.#isVacant) return invalid('the hub does not move');
    return ok(readPage(this.#ctx.storage, after));
  }

  /** Deletes what is stored here and at other places. */
  async wipe(by?: number): Promise<Result<MoveProgress>> {
    const { place, others } = this.#residence;
    for (const other of others) {
      if (other !== by) await this.#at(other, { step: 'wipe', by: place });
    }
    await this.#lifecycle.wipe();
    return ok(NOTHING);
  }

  /** Before the events are deleted: deletes what the place before still has. @throws while the hub moves */
  async forgetOld(): Promise<void> {
    const { stored, refusal } = this.#residence;
    if (refusal !== undefined) throw new Error(refusal);
    if (stored?.state === 'arrived' && stored.from !== undefined) await this.#finish();
  }

  async #leave(to: number): Promise<Result<MoveProgress>> {
    const { stored, place, refusal } = this.#residence;
    if (stored?.state === 'left' && stored.to !== to) {
      return invalid(
        `${this.#hub} moves to place ${stored.to} already; go on with that place, or cancel it`,
      );
    }
    if (stored?.state !== 'left') {
      if (refusal !== undefined) return invalid(refusal);
      if (to <= place) return invalid(`${this.#hub} is at place ${place}; choose a higher one`);
      if (hasTables(this.#ctx.storage.sql) && new UnconvertedRows(this.#ctx.storage.sql).last > 0) {
        return invalid(
          `${this.#hub} still converts its events to the format of this release; try again later`,
        );
      }
      this.#residence.store({ state: 'left', to, from: stored?.from });
    }
    // In another life of this object there may have been calls, and now there are none.
    this.#isVacant = await this.#lifecycle.vacate();
    return this.#isVacant ? ok(NOTHING) : invalid(BUSY);
  }

  async #arrive(from: number): Promise<Result<MoveProgress>> {
    const { storage } = this.#ctx;
    const residence = this.#residence;
    const { stored, place } = residence;
    if (stored?.state === 'left') {
      return invalid(`${this.#hub} was at place ${place} before; choose a higher one`);
    }
    if (stored?.state === 'arrived') return ok(this.#copied(true));
    if (stored?.from !== from) {
      // Of a copy that was abandoned.
      if (hasTables(storage.sql)) await this.#lifecycle.discard();
      residence.store({ state: 'arriving', from });
    }
    migrate(storage, HUB_SCHEMA, this.#hub);
    const deadline = Date.now() + MAX_MOVE_MS;
    for (;;) {
      const after = countSegments(storage.sql).lastFirst;
      const page = await callHubAt(this.#env, residence.hub, from, (old) => old.movePage(after));
      if (!page.ok) return page;
      const taken = await this.#take(page.value, after);
      if (!taken.ok || taken.value.isDone || Date.now() > deadline) return taken;
    }
  }

  async #take(page: MovePage, after: number): Promise<Result<MoveProgress>> {
    const { storage } = this.#ctx;
    const { sql, kv } = storage;
    const residence = this.#residence;
    if (page.schema !== HUB_SCHEMA.length) {
      return invalid('two releases run at once; repeat the request when the deployment is over');
    }
    if (
      residence.stored?.state !== 'arriving' ||
      !hasTables(sql) ||
      countSegments(sql).lastFirst !== after
    ) {
      return invalid('another request moves the hub, or has cancelled that; repeat the request');
    }
    const { from } = residence.stored;
    const isWhole = storage.transactionSync(() => {
      insertRows(sql, 'segments', page.rows);
      const { segments, events, last } = countSegments(sql);
      if (!page.isLast) return true;
      if (segments !== page.segments || events !== page.events) return false;
      for (const [key, value] of page.entries) kv.put(key, value);
      // Its sockets are not here, so they count as lost.
      insertRows(sql, 'returns', page.returns);
      insertRows(sql, 'replicas', page.replicas);
      tellReplicasSoon(storage);
      // It forgot which wildcard hubs want its events, so it registers and feeds them soon.
      if (segments > 0) kv.put(BEHIND_KEY, true);
      residence.store({ state: 'arrived', from, through: last });
      return true;
    });
    if (!isWhole) {
      await this.#lifecycle.discard();
      return invalid('the copy is not equal to the journal, and was deleted; repeat the request');
    }
    if (page.isLast) await this.#lifecycle.occupy();
    return ok({ ...this.#copied(page.isLast), events: page.events });
  }

  async #return(): Promise<Result<MoveProgress>> {
    const { stored, place } = this.#residence;
    if (stored?.state !== 'left') return invalid(`${this.#hub} does not move`);
    const abandoned = await this.#at(stored.to, { step: 'abandon' });
    if (!abandoned.ok) return abandoned;
    if (stored.from === undefined && place === 1) this.#residence.forget();
    else this.#residence.store({ state: 'arrived', from: stored.from, through: 0 });
    this.#isVacant = false;
    await this.#lifecycle.occupy();
    return ok(NOTHING);
  }

  async #abandon(): Promise<Result<MoveProgress>> {
    const residence = this.#residence;
    const { stored, place } = residence;
    if (stored === undefined) return ok(NOTHING);
    if (stored.state === 'left') return invalid(`${this.#hub} has moved on to ${stored.to}`);
    residence.refuse();
    if (!(await this.#lifecycle.vacate())) {
      residence.read();
      return invalid(BUSY);
    }
    if (stored.state === 'arrived' && this.#last > stored.through) {
      residence.read();
      await this.#lifecycle.occupy();
      return invalid(
        `${this.#hub} has accepted events at place ${place}; move it to a higher place instead`,
      );
    }
    // What they asked this object for, the other one does not know.
    if (stored.state === 'arrived' && !(await this.#lifecycle.clearReplicas(CANCELLED))) {
      residence.read();
      await this.#lifecycle.occupy();
      return invalid(BUSY);
    }
    residence.forget();
    await this.#lifecycle.discard();
    return ok(NOTHING);
  }

  async #finish(): Promise<Result<MoveProgress>> {
    const residence = this.#residence;
    const { stored, place } = residence;
    if (stored?.state !== 'arrived') return invalid(`${this.#hub} has not moved to this place`);
    if (stored.from !== undefined) {
      const forgotten = await this.#at(stored.from, { step: 'forget', by: place });
      if (!forgotten.ok) return forgotten;
      residence.store({ state: 'arrived', through: stored.through });
    }
    return ok(NOTHING);
  }

  async #forget(by: number): Promise<Result<MoveProgress>> {
    const { stored, place } = this.#residence;
    if (stored?.state !== 'left' || stored.to !== by) {
      return invalid(`${this.#hub} has not left place ${place}`);
    }
    if (stored.from !== undefined) {
      const forgotten = await this.#at(stored.from, { step: 'forget', by: place });
      if (!forgotten.ok) return forgotten;
    }
    this.#residence.store({ state: 'left', to: by });
    await this.#lifecycle.discard();
    return ok(NOTHING);
  }

  /** The last sequence that the hub has given; 0 for none. */
  get #last(): number {
    migrate(this.#ctx.storage, HUB_SCHEMA, this.#hub);
    const journal = openJournal(this.#ctx.storage, this.#env);
    return journal.isUnused ? 0 : journal.last;
  }

  #copied(isDone: boolean): MoveProgress {
    const { sql } = this.#ctx.storage;
    const events = hasTables(sql) ? countSegments(sql).events : 0;
    return { isDone, events, copied: events };
  }

  #at(place: number, step: MoveStep): Promise<Result<MoveProgress>> {
    return callHubAt(this.#env, this.#residence.hub, place, (hub) => hub.move(step));
  }

  get #residence(): Residence {
    return this.#lifecycle.residence;
  }

  get #hub(): string {
    return nameForOperators(this.#residence.hub);
  }
}
