/**
 * `POST /v1/sys/events/ticket`. A page cannot set the headers of a WebSocket or an EventSource, so a subscription may
 * have a ticket in its URL in place of a token in a header.
 */

import { pathOfKey, ROOT } from '../../namespace/namespace.ts';
import type { TicketHolder, TicketRefusal } from '../../objects/authority-contract.ts';
import { callAuthority } from '../../objects/stubs.ts';
import { MAX_TICKETS, TICKET_TTL_SECONDS } from '../../token/limits.ts';
import { digestOf, mintTicket } from '../../token/token-form.ts';
import { auditCall } from '../audit-log.ts';
import { proofOfTicket } from '../authentication/ticket.ts';
import type { Call } from '../endpoint-types.ts';
import { type Refusal, refuse, succeed } from '../respond.ts';

export async function createTicket(call: Call): Promise<Response> {
  const { env } = call;
  const { caller } = call.var;
  const authority = caller.token?.authority ?? ROOT;
  const ticket = await mintTicket(pathOfKey(authority));
  const digest = await digestOf(ticket);
  const holder: TicketHolder =
    caller.token === undefined
      ? { kind: 'root', proof: await proofOfTicket(ticket, caller.secret) }
      : { kind: 'token', digest: caller.token.digest };
  const added = await callAuthority(env, authority, (stub) => stub.addTicket(digest, holder));
  if (!added.ok) return refuse(REFUSALS[added.failure.reason]);
  auditCall(call, 'ticket_created');
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
