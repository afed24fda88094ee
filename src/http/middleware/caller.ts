/** The caller of a request: `c.var.caller`. */

import type { MiddlewareHandler } from 'hono';
import type { Result } from '../../lib/result.ts';
import { audit } from '../audit-log.ts';
import { authenticate, type TokenLookup } from '../authentication/authenticate.ts';
import type { Caller } from '../authentication/caller.ts';
import { redeemTicket, ticketOf } from '../authentication/ticket.ts';
import type { AppContext, CallerEnv } from '../context.ts';
import { type Refusal, refuse } from '../respond.ts';

/** For publishing, what this Worker found out some seconds ago is good enough. */
export const CACHED: TokenLookup = { mayBeCached: true, use: 'request' };
export const FRESH: TokenLookup = { mayBeCached: false, use: 'request' };
export const FOR_SUBSCRIPTION: TokenLookup = { mayBeCached: true, use: 'subscription' };
/** If a hub, or what this Worker has cached, refuses the subscription. */
export const FRESH_FOR_SUBSCRIPTION: TokenLookup = { mayBeCached: false, use: 'subscription' };

export function requireCaller(lookup: TokenLookup): MiddlewareHandler<CallerEnv> {
  return async (c, next) => {
    c.set('askedAt', Date.now());
    const caller = await callerOf(c, lookup);
    if (!caller.ok) {
      const { namespacePath, path } = c.var;
      const { reason } = caller.failure;
      audit(c, 'denied', { namespace: namespacePath, path: path.apiPath, reason });
      return refuse(caller.failure);
    }
    c.set('caller', caller.value);
    return next();
  };
}

export function callerOf(c: AppContext, lookup: TokenLookup): Promise<Result<Caller, Refusal>> {
  const config = c.get('config');
  const namespacePath = c.get('namespacePath') ?? '';
  const { headers } = c.req.raw;
  const ticket = lookup.use === 'subscription' ? ticketOf(c.get('query')) : undefined;
  return ticket === undefined
    ? authenticate(headers, namespacePath, config, c.env, lookup)
    : redeemTicket(ticket, headers, namespacePath, config, c.env);
}
