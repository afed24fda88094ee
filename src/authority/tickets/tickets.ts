/**
 * The tickets of one Vault namespace, by digest: each stands for a token, once and for a short time, in a
 * place that carries no headers. Those that expired unused go when the next is made.
 */

import { isWithinShare } from '../../lib/fair-share.ts';
import { MAX_TICKETS } from '../../token/limits.ts';

/** Whom a ticket stands for. */
export interface Ticket {
  /** The row of the token; undefined for the root token of the server, which has none. */
  readonly token: number | undefined;
  /** The digest of the token; of the root token, that of the ticket and it together. */
  readonly holder: string;
}

type Row = { readonly token: number | null; readonly holder: string; readonly expires_at: number };

export class Tickets {
  readonly #sql: SqlStorage;
  #count: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Whether there is room for one more of the owner, once those that have expired are gone. */
  hasRoom(owner: string, now: number): boolean {
    const swept = this.#sql.exec('DELETE FROM tickets WHERE expires_at <= ?', now);
    if (swept.rowsWritten > 0) this.#count = undefined;
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

  /** @param owner whose share it is of */
  add(digest: string, { token, holder }: Ticket, owner: string, expiresAt: number): void {
    // A call that is repeated brings the same ticket again.
    this.#sql.exec(
      'INSERT OR REPLACE INTO tickets (digest, token, holder, owner, expires_at) VALUES (?, ?, ?, ?, ?)',
      digest,
      token ?? null,
      holder,
      owner,
      expiresAt,
    );
    if (this.#count !== undefined) this.#count++;
  }

  /** Takes the ticket away: of many who bring it, one gets it. */
  take(digest: string, now: number): Ticket | undefined {
    const [row] = this.#sql
      .exec<Row>('DELETE FROM tickets WHERE digest = ? RETURNING token, holder, expires_at', digest)
      .toArray();
    if (row === undefined) return undefined;
    if (this.#count !== undefined) this.#count--;
    return row.expires_at > now ? { token: row.token ?? undefined, holder: row.holder } : undefined;
  }
}
