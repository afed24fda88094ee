/** The records of a hub, or of a region head: stored, and those in memory of whose sockets some are open here. */

import { parseReconnectWindow } from '../../config/reconnect-window.ts';
import type { Variables } from '../../config/variables.ts';
import { isWithinShare } from '../../lib/fair-share.ts';
import type { Alarms, AlarmTask } from '../../objects/alarms.ts';
import { ROOT_OWNER } from '../../token/owner.ts';
import { digestOf } from '../../token/token-form.ts';
import { type Newcomer, namesNoPosition } from '../subscribers/admissions.ts';
import { isOpen } from '../subscribers/subscription-classes.ts';
import { NO_CUTS, ReturnRecord } from './return-record.ts';
import { ReturnTable } from './return-table.ts';
import { type Lives, NO_SHARDS } from './shard-sockets.ts';

const TAG = 'return ';

/** Hexadecimal digits: with so many, no two keys in a hub are equal. */
const DIGITS = 24;

/** @throws if the variable is wrong. The Worker reports that before it calls an object */
export function reconnectWindowOf(env: Variables): number {
  const window = parseReconnectWindow(env);
  if (!window.ok) throw new Error(window.failure.message);
  return window.value;
}

/**
 * The key of the sockets that have a subscription and an owner, and their tag: equal in all objects.
 *
 * @returns undefined if it names a position, or the window is 0: then a subscriber always starts at the present
 */
export async function returnKeyFor(
  newcomer: Newcomer,
  windowMs: number,
): Promise<string | undefined> {
  if (windowMs === 0 || !namesNoPosition(newcomer)) return undefined;
  const { pattern, namespaces, filter } = newcomer.subscription;
  const owner = newcomer.watched?.owner ?? ROOT_OWNER;
  const digest = await digestOf(JSON.stringify([pattern, namespaces, filter, owner]));
  return TAG + digest.slice(0, DIGITS);
}

/** Undefined for a socket without. */
export function returnKeyAmong(tags: readonly string[]): string | undefined {
  return tags.find((each) => each.startsWith(TAG));
}

export interface RecordParts {
  readonly ctx: DurableObjectState;
  readonly alarms: Alarms;
  readonly windowMs: number;
  /** How many subscriptions of owners are remembered. */
  readonly maxRecords: number;
  readonly lives: Lives;
}

export class ReturnRecords implements AlarmTask {
  readonly #parts: RecordParts;
  readonly #table: ReturnTable;
  /** Since when the hub sees its sockets end. Unix milliseconds. */
  readonly #since = Date.now();
  readonly #records = new Map<string, ReturnRecord>();
  /** Undefined until it was read. */
  #nextDue: number | undefined;
  /** Whether every row with sockets was compared with the sockets that there are. */
  #areCompared = false;

  constructor(parts: RecordParts) {
    this.#parts = parts;
    this.#table = new ReturnTable(parts.ctx.storage.sql);
  }

  /** Undefined if there is none, or nobody can return. */
  current(key: string, now: number): ReturnRecord | undefined {
    const record = this.find(key);
    if (record === undefined || !record.isOver(now, this.#parts.windowMs)) return record;
    this.#delete(key);
    return undefined;
  }

  /**
   * Also one that is over.
   *
   * @param ending a socket that is about to end
   */
  find(key: string, ending?: WebSocket): ReturnRecord | undefined {
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const row = this.#table.get(key);
    if (row === undefined) return undefined;
    const { ctx, lives } = this.#parts;
    const { sockets } = row;
    // A row without sockets has counted all of them, also the one that ends.
    const uncounted = sockets > 0 ? ending : undefined;
    const open = ctx.getWebSockets(key).filter((socket) => isOpen(socket) || socket === uncounted);
    const record = new ReturnRecord(row, open, this.#since, lives);
    if (row.sockets !== sockets) this.store(key, record, this.#since);
    else this.#remember(key, record);
    return record;
  }

  /** A record that is not stored yet; undefined if the owner has no room for it. */
  begin(owner: string, floor: number): ReturnRecord | undefined {
    const { size } = this.#table;
    const { maxRecords, lives } = this.#parts;
    const count = () => this.#table.countOf(owner);
    if (!isWithinShare(1, size, maxRecords, count)) return undefined;
    const nothing = { sockets: 0, lost: 0, lost_at: 0, cuts: NO_CUTS, shards: NO_SHARDS };
    return new ReturnRecord({ owner, floor, ...nothing }, [], this.#since, lives);
  }

  /** Rows of one window are looked at together, so the hub seldom wakes for them. */
  store(key: string, record: ReturnRecord, now: number, isNew = false): void {
    const { windowMs, alarms } = this.#parts;
    const step = Math.max(windowMs, 1000);
    const dueAt = Math.ceil(record.endBy(now, windowMs) / step) * step;
    const nextDue = this.nextDue();
    this.#table.set(key, record.row, dueAt, isNew);
    this.#remember(key, record);
    if (dueAt >= nextDue) return;
    this.#nextDue = dueAt;
    alarms.arm();
  }

  /** Stores a record that has changed, or deletes it if nobody can return. */
  settle(key: string, record: ReturnRecord, now: number): void {
    if (record.isOver(now, this.#parts.windowMs)) this.#delete(key);
    else this.store(key, record, now);
  }

  /**
   * The journal has another epoch than before. Clients that return may be given events again, and miss none.
   *
   * @param through how far both epochs have the same events
   */
  rebase(through: number): void {
    this.#table.rebase(through);
    this.#records.clear();
  }

  /** Whether nobody can return, if there are no sockets. */
  get areOver(): boolean {
    // A head has many of these, and none of the others.
    if (this.#table.hasWithoutSockets) return false;
    if (!this.#areCompared) for (const key of this.#table.withSockets()) this.find(key);
    this.#areCompared = true;
    return this.#table.size === 0;
  }

  nextDue(): number {
    this.#nextDue ??= this.#table.nextDue;
    return this.#nextDue;
  }

  run(now: number): void {
    for (const key of this.#table.dueUntil(now)) {
      const record = this.current(key, now);
      if (record !== undefined) this.store(key, record, now);
    }
    this.#nextDue = undefined;
  }

  #remember(key: string, record: ReturnRecord): void {
    if (record.isStored) this.#records.delete(key);
    else this.#records.set(key, record);
  }

  #delete(key: string): void {
    this.#records.delete(key);
    this.#table.delete(key);
  }
}
