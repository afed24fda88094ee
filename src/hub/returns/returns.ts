/**
 * Gives a stock client that reconnects what it missed. It names no position, and nothing shows when it was last there: the
 * runtime answers its pings. So it starts where the first of its predecessors started, or at the start of the window, if
 * that is later. It may receive an event twice, and loses none.
 *
 * A predecessor has the same subscription and owner, and was lost within the window, or still seems open. A client that sent
 * a Close frame first has left, and is no predecessor. What a client may see is decided as of now.
 *
 * One row is stored for all sockets of a subscription and an owner. It is written when the first comes, when one is lost, and
 * when one returns. If the hub crashes, the row says that there were sockets, and the runtime that there are none.
 */

import type { Variables } from '../../config/variables.ts';
import { ok, type Result } from '../../lib/result.ts';
import type { Alarms } from '../../objects/alarms.ts';
import { PositionLookup } from '../journal/position-lookup.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import { MAX_RETURNS_PER_HUB } from '../limits.ts';
import type { Admissions, Entry, Newcomer, StockStart } from '../subscribers/admissions.ts';
import type { HandshakeRefusal } from '../subscribers/refusal.ts';
import { tagsOf } from '../subscribers/subscription-classes.ts';
import { cutOf } from './cut.ts';
import {
  ReturnRecords,
  reconnectWindowOf,
  returnKeyAmong,
  returnKeyFor,
} from './return-records.ts';
import { NO_LIVES } from './shard-sockets.ts';
import { stockStart } from './stock-start.ts';

interface ReturnsParts {
  readonly ctx: DurableObjectState;
  readonly alarms: Alarms;
  readonly journal: SubscriberJournal;
  readonly env: Variables;
  /** Of a region head, which shares them with its shards. */
  readonly records?: ReturnRecords;
}

export class Returns implements Admissions {
  readonly #parts: ReturnsParts;
  readonly #windowMs: number;
  readonly #records: ReturnRecords;

  /** @throws if the variable is wrong. The Worker reports that before it calls an object. */
  constructor(parts: ReturnsParts) {
    const { ctx, alarms, env } = parts;
    const windowMs = reconnectWindowOf(env);
    this.#parts = parts;
    this.#windowMs = windowMs;
    this.#records =
      parts.records ??
      new ReturnRecords({
        ctx,
        alarms,
        windowMs,
        maxRecords: MAX_RETURNS_PER_HUB,
        lives: NO_LIVES,
      });
  }

  async admit(newcomer: Newcomer): Promise<Result<Entry, HandshakeRefusal>> {
    return ok(this.enter(await returnKeyFor(newcomer, this.#windowMs), newcomer.owner));
  }

  /**
   * @param owner as the tags of sockets name it
   * @param floor where a client starts that only the hub of a region head knows
   */
  enter(key: string | undefined, owner: string, floor?: number): Entry {
    return {
      start: (lookup) => (key === undefined ? undefined : this.#startOf(key, lookup, floor)),
      joined: (start, socket) => this.#joined(start, owner, socket),
      end: () => undefined,
    };
  }

  /**
   * For each key the sequence after which a client starts; undefined if it is not known. Where one was cut does not count: the
   * answer holds for all that return to a region, and others may have missed more.
   */
  startsOf(keys: readonly string[]): (number | undefined)[] {
    const { journal } = this.#parts;
    const lookup = new PositionLookup(journal);
    return keys.map((key) => {
      const floor = this.#records.current(key, lookup.startedAt)?.row.floor;
      if (floor === undefined) return undefined;
      return stockStart(key, { floor }, this.#windowMs, journal, lookup).after;
    });
  }

  #startOf(key: string, lookup: PositionLookup, floorAtHub?: number): StockStart {
    const record = this.#records.current(key, lookup.startedAt);
    const floor = record?.row.floor ?? floorAtHub;
    const followed = floor === undefined ? undefined : { floor, cut: record?.cut };
    return stockStart(key, followed, this.#windowMs, this.#parts.journal, lookup);
  }

  #joined({ tag, after, cut }: StockStart, owner: string, socket: WebSocket): void {
    const now = Date.now();
    const known = this.#records.current(tag, now);
    const record = known ?? this.#records.begin(owner, after);
    if (record?.joined(socket, cut)) this.#records.store(tag, record, now, known === undefined);
  }

  ended(socket: WebSocket, hasLeft: boolean, hasAll: boolean): void {
    const key = returnKeyAmong(tagsOf(this.#parts.ctx, socket));
    const record = key === undefined ? undefined : this.#records.find(key, socket);
    if (key === undefined || record === undefined) return;
    const now = Date.now();
    const cut = hasAll ? cutOf(socket) : undefined;
    if (record.ended(socket, !hasLeft, cut, now)) this.#records.settle(key, record, now);
  }

  /** Whether nobody can return, if the hub has no sockets. */
  get areOver(): boolean {
    return this.#records.areOver;
  }

  nextDue(): number {
    return this.#records.nextDue();
  }

  run(now: number): void {
    this.#records.run(now);
  }
}
