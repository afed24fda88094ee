/**
 * `POST /v1/sys/events/ticket`. A page cannot set the headers of a WebSocket or an EventSource, so a subscription may
 * have a ticket in its URL in place of a token in a header.
 */

import type { Result } from '../../lib/result.ts';
import { pathOfKey, ROOT } from '../../namespace/namespace.ts';
import type { AddedTicket, TicketHolder, TicketRefusal } from '../../objects/authority-contract.ts';
import { callWithRetry } from '../../objects/call.ts';
import { MAX_TICKETS, TICKET_TTL_SECONDS } from '../../token/limits.ts';
import { digestOf, mintTicket } from '../../token/token-form.ts';
import { authorityOf, type Call, type Endpoint } from '../api.ts';
import { audit } from '../audit-log.ts';
import { actorOf } from '../authentication/caller.ts';
import { proofOfTicket } from '../authentication/ticket.ts';
import { type Refusal, refuse, succeed } from '../respond.ts';

export const createTicket: Endpoint = { operation: 'update', run: create };

async function create({ caller, namespace, env, config }: Call): Promise<Response> {
  const authority = caller.token?.authority ?? ROOT;
  const ticket = await mintTicket(pathOfKey(authority));
  const digest = await digestOf(ticket);
  const holder: TicketHolder =
    caller.token === undefined
      ? { kind: 'root', proof: await proofOfTicket(ticket, config) }
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
