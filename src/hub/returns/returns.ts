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

import { parseReconnectWindow } from '../../config/reconnect-window.ts';
import type { Variables } from '../../config/variables.ts';
import { isWithinShare } from '../../lib/fair-share.ts';
import { ok, type Result } from '../../lib/result.ts';
import type { Alarms } from '../../objects/alarms.ts';
import { MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';
import type { Subscription } from '../../subscription/handshake.ts';
import { ROOT_OWNER } from '../../token/owner.ts';
import { digestOf } from '../../token/token-form.ts';
import type { PositionLookup } from '../journal/position-lookup.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import { MAX_RETURNS_PER_HUB } from '../limits.ts';
import {
  type Admissions,
  type Entry,
  type Newcomer,
  namesNoPosition,
  type StockStart,
} from '../subscribers/admissions.ts';
import type { HandshakeRefusal } from '../subscribers/refusal.ts';
import { isOpen, tagsOf } from '../subscribers/subscription-classes.ts';
import { cutOf } from './cut.ts';
import { NO_CUTS, ReturnRecord } from './return-record.ts';
import { ReturnTable } from './return-table.ts';

const TAG = 'return ';

/** Hexadecimal digits: with so many, no two keys in a hub are equal. */
const DIGITS = 24;

interface ReturnsParts {
  readonly ctx: DurableObjectState;
  readonly alarms: Alarms;
  readonly journal: SubscriberJournal;
  readonly env: Variables;
}

export class Returns implements Admissions {
  readonly #parts: ReturnsParts;
  readonly #windowMs: number;
  readonly #table: ReturnTable;
  /** Since when the hub sees its sockets end. Unix milliseconds. */
  readonly #since = Date.now();
  /** The records that were needed since then. */
  readonly #records = new Map<string, ReturnRecord>();
  /** Undefined until it was read. */
  #nextDue: number | undefined;
  /** Whether every row was compared with the sockets that there are. */
  #areCompared = false;

  /** @throws if the variable is wrong. The Worker reports that before it calls an object. */
  constructor(parts: ReturnsParts) {
    const window = parseReconnectWindow(parts.env);
    if (!window.ok) throw new Error(window.failure.message);
    this.#windowMs = window.value;
    this.#parts = parts;
    this.#table = new ReturnTable(parts.ctx.storage.sql);
  }

  async admit(newcomer: Newcomer): Promise<Result<Entry, HandshakeRefusal>> {
    const { subscription, watched, owner } = newcomer;
    const tag = namesNoPosition(newcomer)
      ? await this.tagOf(subscription, watched?.owner ?? ROOT_OWNER)
      : undefined;
    return ok({
      start: (lookup) => (tag === undefined ? undefined : this.startOf(tag, lookup)),
      joined: (start, socket) => this.joined(start, owner, socket),
      end: () => undefined,
    });
  }

  /**
   * The tag of the sockets that have a subscription and an owner.
   *
   * @returns undefined if `RECONNECT_WINDOW` is `0s`: then a subscriber always starts at the present
   */
  async tagOf(
    { pattern, namespaces, filter }: Subscription,
    owner: string,
  ): Promise<string | undefined> {
    if (this.#windowMs === 0) return undefined;
    const digest = await digestOf(JSON.stringify([pattern, namespaces, filter, owner]));
    return TAG + digest.slice(0, DIGITS);
  }

  /**
   * Where a subscriber starts that names no position.
   *
   * @param lookup if it cannot tell yet, the result means nothing
   */
  startOf(tag: string, lookup: PositionLookup): StockStart {
    const { journal } = this.#parts;
    const now = lookup.startedAt;
    const record = this.#current(tag, now);
    if (record === undefined) return { tag, after: journal.last, cut: undefined };
    const { cut } = record;
    const floor = cut ?? record.row.floor;
    const earliest = now - this.#windowMs;
    const after = Math.max(floor, lookup.lastBefore(earliest) ?? 0);
    const isTrimmed = floor < journal.trimmedThrough && journal.trimmedUntil >= earliest;
    return { tag, after, cut, ...(isTrimmed && { gap: 'forgotten' }) };
  }

  /** @param owner as the tags of sockets name it */
  joined({ tag, after, cut }: StockStart, owner: string, socket: WebSocket): void {
    const now = Date.now();
    const known = this.#current(tag, now);
    if (known === undefined && !this.#hasRoomFor(owner)) return;
    const row = { owner, floor: after, sockets: 0, lost: 0, lost_at: 0, cuts: NO_CUTS };
    const record = known ?? new ReturnRecord(row, [], now);
    this.#records.set(tag, record);
    if (record.joined(socket, cut)) this.#store(tag, record, now, known === undefined);
  }

  ended(socket: WebSocket, hasLeft: boolean, hasAll: boolean): void {
    const tag = tagsOf(this.#parts.ctx, socket).find((each) => each.startsWith(TAG));
    const record = tag === undefined ? undefined : this.#find(tag, socket);
    if (tag === undefined || record === undefined) return;
    const now = Date.now();
    const cut = hasAll ? cutOf(socket) : undefined;
    if (!record.ended(socket, !hasLeft, cut, now)) return;
    if (record.isOver(now, this.#windowMs)) this.#delete(tag);
    else this.#store(tag, record, now);
  }

  /** Whether nobody can return, if the hub has no sockets. */
  get areOver(): boolean {
    if (!this.#areCompared) for (const tag of this.#table.dueUntil(Infinity)) this.#find(tag);
    this.#areCompared = true;
    return this.#table.size === 0;
  }

  nextDue(): number {
    this.#nextDue ??= this.#table.nextDue;
    return this.#nextDue;
  }

  run(now: number): void {
    for (const tag of this.#table.dueUntil(now)) {
      const record = this.#current(tag, now);
      if (record !== undefined) this.#store(tag, record, now);
    }
    this.#nextDue = undefined;
  }

  /** Undefined if there is none, or nobody can return. */
  #current(tag: string, now: number): ReturnRecord | undefined {
    const record = this.#find(tag);
    if (record === undefined || !record.isOver(now, this.#windowMs)) return record;
    this.#delete(tag);
    return undefined;
  }

  /** @param ending a socket that is about to end */
  #find(tag: string, ending?: WebSocket): ReturnRecord | undefined {
    const known = this.#records.get(tag);
    if (known !== undefined) return known;
    const row = this.#table.get(tag);
    if (row === undefined) return undefined;
    const open = this.#parts.ctx
      .getWebSockets(tag)
      .filter((socket) => isOpen(socket) || socket === ending);
    const { sockets } = row;
    const record = new ReturnRecord(row, open, this.#since);
    this.#records.set(tag, record);
    if (row.sockets !== sockets) this.#store(tag, record, this.#since);
    return record;
  }

  #hasRoomFor(owner: string): boolean {
    const { size } = this.#table;
    return isWithinShare(1, size, MAX_RETURNS_PER_HUB, () => this.#table.countOf(owner));
  }

  /** Rows of one window are looked at together, so the hub seldom wakes for them. */
  #store(tag: string, record: ReturnRecord, now: number, isNew = false): void {
    const { row } = record;
    const step = Math.max(this.#windowMs, 1000);
    const next = row.sockets > 0 ? now + MAX_SUBSCRIPTION_MS : row.lost_at + this.#windowMs;
    const dueAt = Math.ceil(next / step) * step;
    this.#table.set(tag, row, dueAt, isNew);
    if (dueAt >= this.nextDue()) return;
    this.#nextDue = dueAt;
    this.#parts.alarms.arm();
  }

  #delete(tag: string): void {
    this.#records.delete(tag);
    this.#table.delete(tag);
  }
}
