/**
 * How many sockets tokens have at the shards of a region. Only those with many at one shard are noted, so a handshake costs no
 * row. All sockets of a token are at one shard, until that is full or the region gets another. So a token that is not noted
 * anywhere has few.
 *
 * Shards say how many they have with each handshake, and not when one ends. So a number may be too high, and before a token
 * is refused its sockets are counted again.
 */

import { LruCache } from '../../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../../lib/limits.ts';
import type { TokenId } from '../../../objects/replica-contract.ts';
import { MAX_SOCKETS_PER_TOKEN, MIN_NOTED_SOCKETS } from '../../limits.ts';
import { endOfSockets, JOIN_STEP_MS } from '../../returns/shard-sockets.ts';

type Row = { readonly shard: number; readonly sockets: number; readonly joined_at: number };

export class TokenSockets {
  readonly #sql: SqlStorage;
  /** By token and shard: how many there were last. A row has more. */
  readonly #last = new LruCache<number>(MAX_CACHED_LOOKUPS);
  /** Undefined until it was read. */
  #nextDue: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Whether a token may have no more sockets.
   *
   * @param sockets those at this shard, with the one that is to join
   * @param own those of the head
   */
  isFull(token: TokenId, shard: number, sockets: number, own: number): boolean {
    let total = sockets + own;
    for (const row of this.#rowsOf(token)) {
      if (row.shard !== shard) total += this.#last.get(keyOf(token, row.shard)) ?? row.sockets;
    }
    return total > MAX_SOCKETS_PER_TOKEN;
  }

  /** The shards at which a token has sockets that are noted. */
  shardsOf(token: TokenId): number[] {
    return this.#rowsOf(token).map(({ shard }) => shard);
  }

  /** A socket joins. @param sockets those of the shard, with this one */
  joined(token: TokenId, shard: number, sockets: number, now: number): void {
    const row = this.#rowsOf(token).find((each) => each.shard === shard);
    if (row === undefined && sockets < MIN_NOTED_SOCKETS) return;
    this.#last.set(keyOf(token, shard), sockets);
    const isOld = row !== undefined && row.joined_at + JOIN_STEP_MS <= now;
    // Half as many more, so that a crowd that grows writes seldom.
    if (row === undefined || sockets > row.sockets) {
      this.#store(token, shard, sockets + Math.floor(sockets / 2), now);
    } else if (isOld) this.#store(token, shard, row.sockets, now);
  }

  /** The sockets at a shard were counted. */
  counted(token: TokenId, shard: number, sockets: number): void {
    this.#last.set(keyOf(token, shard), sockets);
    if (sockets >= MIN_NOTED_SOCKETS) return;
    const { authority, id } = token;
    this.#sql.exec(
      'DELETE FROM token_sockets WHERE authority = ? AND token = ? AND shard = ?',
      ...[authority, id, shard],
    );
  }

  /** When the sockets of a row have all ended. */
  nextDue(): number {
    if (this.#nextDue === undefined) {
      const { oldest } = this.#sql
        .exec<{ oldest: number | null }>('SELECT MIN(joined_at) AS oldest FROM token_sockets')
        .one();
      this.#nextDue = oldest === null ? Number.POSITIVE_INFINITY : endOfSockets(oldest);
    }
    return this.#nextDue;
  }

  run(now: number): void {
    this.#nextDue = undefined;
    this.#sql.exec('DELETE FROM token_sockets WHERE joined_at <= ?', now - endOfSockets(0));
  }

  #rowsOf({ authority, id }: TokenId): Row[] {
    return this.#sql
      .exec<Row>(
        'SELECT shard, sockets, joined_at FROM token_sockets WHERE authority = ? AND token = ?',
        ...[authority, id],
      )
      .toArray();
  }

  #store({ authority, id }: TokenId, shard: number, sockets: number, now: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO token_sockets VALUES (?, ?, ?, ?, ?)',
      ...[authority, id, shard, sockets, now],
    );
    this.#nextDue = Math.min(this.nextDue(), endOfSockets(now));
  }
}

function keyOf({ authority, id }: TokenId, shard: number): string {
  return JSON.stringify([authority, id, shard]);
}
