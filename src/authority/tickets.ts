/**
 * The tickets of a Vault namespace, by digest. A ticket stands for a token, once and for a short time, in a URL of a
 * client that cannot send headers.
 */

import { isWithinShare } from '../lib/fair-share.ts';
import { ok, type Result } from '../lib/result.ts';
import type {
  AddedTicket,
  TakenTicket,
  TicketHolder,
  TicketRefusal,
} from '../objects/authority-contract.ts';
import { scalar } from '../objects/sql.ts';
import { MAX_TICKETS, TICKET_TTL_SECONDS } from '../token/limits.ts';
import { ownerOf, ROOT_OWNER } from '../token/owner.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { TokenService } from './tokens/token-service.ts';
import type { TokenStore } from './tokens/token-store.ts';
import type { Adoptions } from './upstream-tokens/adoptions.ts';

type Row = {
  /** NULL for the root token, which no authority stores. */
  readonly token: number | null;
  /** The digest of the token; for the root token, that of the ticket and the root token together. */
  readonly holder_digest: string;
  readonly expires_at: number;
};

/** A ticket that was used. Its token may have to be confirmed. */
export interface UsedTicket {
  readonly token: Row['token'];
  readonly holderDigest: string;
}

interface Parts {
  readonly sql: SqlStorage;
  readonly lifecycle: Lifecycle;
  readonly tokens: TokenStore;
  readonly tokenService: TokenService;
  readonly adoptions: Adoptions;
}

export class Tickets {
  readonly #parts: Parts;
  #count: number | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(digest: string, holder: TicketHolder): Result<AddedTicket, TicketRefusal> {
    const now = Date.now();
    if (holder.kind === 'root') return this.#add(digest, null, holder.proof, ROOT_OWNER, now);
    const token = this.#parts.tokens.find(holder, now);
    if (token === undefined) return refused('token_revoked');
    if (token.usesLeft === 0) return refused('no_use_left');
    return this.#add(digest, token.id, holder.digest, ownerOf(token), now);
  }

  async take(digest: string): Promise<TakenTicket | undefined> {
    const used = this.use(digest);
    if (used === undefined) return undefined;
    await this.confirm([used]);
    return this.holderOf(used);
  }

  /** From now on nobody else gets it. @returns undefined if there is no such ticket */
  use(digest: string): UsedTicket | undefined {
    const row = this.#remove(digest);
    if (row === undefined || row.expires_at <= Date.now()) return undefined;
    return { token: row.token, holderDigest: row.holder_digest };
  }

  /** The tokens of the upstream are looked up together, before anybody is let in by their tickets. */
  async confirm(used: readonly UsedTicket[]): Promise<void> {
    const { lifecycle, adoptions } = this.#parts;
    await adoptions.confirm(used.map(({ token }) => token).filter((token) => token !== null));
    lifecycle.assertOpen();
  }

  /** Takes one of the uses of the token if they are limited. */
  holderOf({ token, holderDigest }: UsedTicket): TakenTicket | undefined {
    const { tokens, tokenService } = this.#parts;
    if (token === null) return { kind: 'root', proof: holderDigest };
    // A token with a chosen id can be revoked and made again. The new one did not ask for this ticket.
    if (tokens.find({ digest: holderDigest }, Date.now())?.id !== token) return undefined;
    const state = tokenService.lookup(holderDigest, 'subscription');
    return state && { kind: 'token', digest: holderDigest, state };
  }

  #add(
    digest: string,
    token: Row['token'],
    holderDigest: string,
    owner: string,
    now: number,
  ): Result<AddedTicket, TicketRefusal> {
    const { sql } = this.#parts;
    const expired = sql.exec('DELETE FROM tickets WHERE expires_at <= ?', now);
    if (expired.rowsWritten > 0) this.#count = undefined;
    if (!this.#isWithinShare(owner)) return refused('too_many_tickets');
    const expiresAt = now + TICKET_TTL_SECONDS * 1000;
    // A call that is retried adds the same ticket again.
    sql.exec(
      'INSERT OR REPLACE INTO tickets (digest, token, holder_digest, owner, expires_at) VALUES (?, ?, ?, ?, ?)',
      digest,
      token,
      holderDigest,
      owner,
      expiresAt,
    );
    if (this.#count !== undefined) this.#count++;
    return ok({ expiresAt });
  }

  /** Whether the owner may have one more. */
  #isWithinShare(owner: string): boolean {
    const { sql } = this.#parts;
    this.#count ??= scalar<number>(sql, 'SELECT COUNT(*) FROM tickets') ?? 0;
    return isWithinShare(1, this.#count, MAX_TICKETS, () => {
      return scalar<number>(sql, 'SELECT COUNT(*) FROM tickets WHERE owner = ?', owner) ?? 0;
    });
  }

  /** Only one of those who use the ticket gets it. */
  #remove(digest: string): Row | undefined {
    const [row] = this.#parts.sql
      .exec<Row>(
        'DELETE FROM tickets WHERE digest = ? RETURNING token, holder_digest, expires_at',
        digest,
      )
      .toArray();
    if (row !== undefined && this.#count !== undefined) this.#count--;
    return row;
  }
}

function refused(reason: TicketRefusal['reason']): Result<never, TicketRefusal> {
  return { ok: false, failure: { reason } };
}
