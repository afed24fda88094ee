/** Adds tickets and takes them. */

import { ok, type Result } from '../../lib/result.ts';
import type {
  AddedTicket,
  TakenTicket,
  TicketHolder,
  TicketRefusal,
} from '../../objects/authority-contract.ts';
import { TICKET_TTL_SECONDS } from '../../token/limits.ts';
import { ownerOf, ROOT_OWNER } from '../../token/owner.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { TokenService } from '../tokens/token-service.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import type { Adoptions } from '../upstream-tokens/adoptions.ts';
import type { Ticket, TicketStore } from './ticket-store.ts';

interface Parts {
  readonly lifecycle: Lifecycle;
  readonly tickets: TicketStore;
  readonly tokens: TokenStore;
  readonly tokenService: TokenService;
  readonly adoptions: Adoptions;
}

export class TicketService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param digest of the ticket */
  add(digest: string, holder: TicketHolder): Result<AddedTicket, TicketRefusal> {
    const now = Date.now();
    if (holder.kind === 'root') {
      return this.#add(digest, { token: undefined, holderDigest: holder.proof }, ROOT_OWNER, now);
    }
    const token = this.#parts.tokens.find(holder, now);
    if (token === undefined) return refused('token_revoked');
    if (token.usesLeft === 0) return refused('no_use_left');
    return this.#add(digest, { token: token.id, holderDigest: holder.digest }, ownerOf(token), now);
  }

  /** @param digest of the ticket */
  async take(digest: string): Promise<TakenTicket | undefined> {
    const { lifecycle, tickets, tokens, tokenService, adoptions } = this.#parts;
    const now = Date.now();
    const taken = tickets.take(digest, now);
    if (taken === undefined) return undefined;
    const { token, holderDigest } = taken;
    if (token === undefined) return { kind: 'root', proof: holderDigest };
    await adoptions.confirm([token]);
    lifecycle.assertOpen();
    // A token with a chosen id can be revoked and made again. The new one did not ask for this ticket.
    if (tokens.find({ digest: holderDigest }, now)?.id !== token) return undefined;
    const state = tokenService.lookup(holderDigest, 'subscription');
    return state && { kind: 'token', digest: holderDigest, state };
  }

  #add(
    digest: string,
    ticket: Ticket,
    owner: string,
    now: number,
  ): Result<AddedTicket, TicketRefusal> {
    const { tickets } = this.#parts;
    tickets.removeExpired(now);
    if (!tickets.isWithinShare(owner)) return refused('too_many_tickets');
    const expiresAt = now + TICKET_TTL_SECONDS * 1000;
    tickets.add(digest, ticket, owner, expiresAt);
    return ok({ expiresAt });
  }
}

function refused(reason: TicketRefusal['reason']): Result<never, TicketRefusal> {
  return { ok: false, failure: { reason } };
}
