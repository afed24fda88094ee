/**
 * `POST /v1/sys/events/ticket`, and what a ticket stands for: pages cannot set the headers of a WebSocket
 * or an EventSource, so a subscription can name a ticket in its URL instead of sending its token.
 */

import type { Config } from '../../config/config.ts';
import { invalid, type Result } from '../../lib/result.ts';
import { isWithin, pathOfKey, ROOT } from '../../namespace/namespace.ts';
import type {
  AddedTicket,
  TakenTicket,
  TicketHolder,
  TicketRefusal,
} from '../../objects/authority-contract.ts';
import { callWithRetry } from '../../objects/call.ts';
import { MAX_TICKETS, MAX_TOKEN_CHARACTERS, TICKET_TTL_SECONDS } from '../../token/limits.ts';
import { digestOf, mintTicket, namespaceOfTicket } from '../../token/token-form.ts';
import { authorityOf, type Call, type Endpoint } from '../api.ts';
import { audit } from '../audit-log.ts';
import {
  actorOf,
  type Caller,
  callerWith,
  rootCaller,
  tokenOf,
} from '../authentication/authenticate.ts';
import { findNamespace } from '../namespace-lookup.ts';
import { type Refusal, refuse, succeed } from '../respond.ts';

export const createTicket: Endpoint = { operation: 'update', run: create };

async function create({ caller, namespace, env, config }: Call): Promise<Response> {
  const authority = caller.token?.authority ?? ROOT;
  const ticket = await mintTicket(pathOfKey(authority));
  const digest = await digestOf(ticket);
  const holder: TicketHolder =
    caller.token === undefined
      ? { kind: 'root', proof: await proofOf(ticket, config) }
      : { kind: 'token', digest: caller.token.digest };
  const added = await callWithRetry<Result<AddedTicket, TicketRefusal>>(
    async () => await authorityOf(env, authority).addTicket(digest, holder),
  );
  if (!added.ok) return refuse(REFUSALS[added.failure.reason]);
  audit('ticket_created', { namespace: pathOfKey(namespace), by: actorOf(caller) });
  return succeed({
    ticket,
    expires_at: new Date(added.value.expiresAt).toISOString(),
    ttl: TICKET_TTL_SECONDS,
  });
}

const REFUSALS: Readonly<Record<TicketRefusal['reason'], Refusal>> = {
  too_many_tickets: {
    reason: 'unavailable',
    message: `there are ${MAX_TICKETS} unused tickets already, as many as are allowed, or you have as many as are free; use them, or try again`,
  },
  no_use_left: {
    reason: 'invalid',
    message:
      'this request took the last use of the token, and subscribing with a ticket takes another one',
  },
  token_revoked: { reason: 'invalid_token' },
};

/** The ticket in the query of a subscription; blank is none. */
export function ticketOf(query: URLSearchParams): string | undefined {
  return query.get('ticket')?.trim() || undefined;
}

/**
 * Takes the ticket and finds who asked for it; from then on all is as if their token had been sent.
 *
 * @param namespace the path of the namespace that the request is sent to
 * @returns the caller, or the refusal
 */
export async function redeemTicket(
  ticket: string,
  headers: Headers,
  namespace: string,
  config: Config,
  env: Env,
): Promise<Caller | Refusal> {
  if (tokenOf(headers) !== undefined) {
    return invalid('the request has both a token and a ticket; send one of them').failure;
  }
  const caller = await holderOf(ticket, config, env);
  if (caller === undefined) return { reason: 'invalid_token' };
  return isWithin(namespace, caller.access.namespace) ? caller : { reason: 'denied' };
}

async function holderOf(ticket: string, config: Config, env: Env): Promise<Caller | undefined> {
  if (ticket.length > MAX_TOKEN_CHARACTERS) return undefined;
  const path = await namespaceOfTicket(ticket);
  const authority = path === undefined ? undefined : await findNamespace(env, path, true);
  if (authority === undefined) return undefined;
  const digest = await digestOf(ticket);
  const taken = await callWithRetry<TakenTicket | undefined>(
    async () => await authorityOf(env, authority).takeTicket(digest),
  );
  if (taken?.kind === 'token') {
    return callerWith({ authority, digest: taken.digest }, taken.state, '');
  }
  return taken !== undefined && taken.proof === (await proofOf(ticket, config))
    ? rootCaller('')
    : undefined;
}

/** Ties a ticket of the root token to the secret of today: without it, or with another, it is void. */
function proofOf(ticket: string, { rootToken = '' }: Config): Promise<string> {
  return digestOf(`${ticket} ${rootToken}`);
}
