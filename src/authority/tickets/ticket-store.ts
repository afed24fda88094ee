/**
 * The tickets of a Vault namespace, by digest. A ticket stands for a token, once and for a short time, in a URL of a
 * client that cannot send headers.
 */

import { isWithinShare } from '../../lib/fair-share.ts';
import { MAX_TICKETS } from '../../token/limits.ts';

export interface Ticket {
  /** The id of the token; undefined for the root token, which no authority stores. */
  readonly token: number | undefined;
  /** The digest of the token; for the root token, that of the ticket and the root token together. */
  readonly holderDigest: string;
}

type Row = {
  readonly token: number | null;
  readonly holder_digest: string;
  readonly expires_at: number;
};

export class TicketStore {
  readonly #sql: SqlStorage;
  #count: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  removeExpired(now: number): void {
    const removed = this.#sql.exec('DELETE FROM tickets WHERE expires_at <= ?', now);
    if (removed.rowsWritten > 0) this.#count = undefined;
  }

  /** Whether the owner may have one more. */
  isWithinShare(owner: string): boolean {
    this.#count ??= this.#sql
      .exec<{ tickets: number }>('SELECT COUNT(*) AS tickets FROM tickets')
      .one().tickets;
    return isWithinShare(1, this.#count, MAX_TICKETS, () => this.#countOf(owner));
  }

  #countOf(owner: string): number {
    return this.#sql
      .exec<{ tickets: number }>('SELECT COUNT(*) AS tickets FROM tickets WHERE owner = ?', owner)
      .one().tickets;
  }

  /** @param owner whose share it uses */
  add(digest: string, { token, holderDigest }: Ticket, owner: string, expiresAt: number): void {
    // A call that is retried adds the same ticket again.
    this.#sql.exec(
      'INSERT OR REPLACE INTO tickets (digest, token, holder_digest, owner, expires_at) VALUES (?, ?, ?, ?, ?)',
      digest,
      token ?? null,
      holderDigest,
      owner,
      expiresAt,
    );
    if (this.#count !== undefined) this.#count++;
  }

  /** Removes the ticket: only one of those who use it gets it. */
  take(digest: string, now: number): Ticket | undefined {
    const [row] = this.#sql
      .exec<Row>(
        'DELETE FROM tickets WHERE digest = ? RETURNING token, holder_digest, expires_at',
        digest,
      )
      .toArray();
    if (row === undefined) return undefined;
    if (this.#count !== undefined) this.#count--;
    return row.expires_at > now
      ? { token: row.token ?? undefined, holderDigest: row.holder_digest }
      : undefined;
  }
}
