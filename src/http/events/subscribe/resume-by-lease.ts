/**
 * A `carillon.v1` client that reconnects with a lease. The Worker finds out without a call whether a hub has signed it for
 * this subscription, so it calls no hub of a stranger's choice. If the hub does not watch the token any more, the
 * request is served as one without a lease: it may have a token or a ticket, too.
 */

import type { Context, Next } from 'hono';
import { leaseKeysOf } from '../../../config/derived-keys.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import { MAX_LEASE_MS } from '../../../objects/limits.ts';
import { isNamespaceDeleted } from '../../../objects/namespace-end.ts';
import { leaseAmong, openLease } from '../../../subscription/lease.ts';
import type { AppEnv, MiddlewareResult } from '../../context.ts';
import { SUBSCRIBE } from '../../event-routes.ts';
import { valuesOf } from '../../request/header.ts';
import { after } from '../../request/path.ts';
import { checkSubscription, transportOf } from './checked-subscription.ts';
import { principalOfToken, shakeHands } from './hub-handshake.ts';
import { switchProtocols } from './switch-protocols.ts';

export function resumeByLease(c: Context<AppEnv>, next: Next): MiddlewareResult {
  const offered = c.req.raw.headers.get('sec-websocket-protocol');
  const lease = offered === null ? undefined : leaseAmong(valuesOf(offered));
  return lease === undefined ? next() : resume(lease, c, next);
}

async function resume(text: string, c: Context<AppEnv>, next: Next): MiddlewareResult {
  const { config, namespacePath, path, query } = c.var;
  if (namespacePath === undefined) return next();
  const pattern = after(SUBSCRIBE, path.route).trim();
  const checked = checkSubscription(c.req.raw, query, pattern, namespacePath, config);
  // Other checks come first, in Vault's order.
  if (!checked.ok) return next();
  const { parsed, subscription } = checked.value;
  // No lease is given for a stream, which has no opening handshake.
  if (parsed.stream !== undefined) return next();
  const lease = openLease(text, subscription, leaseKeysOf(c.env));
  if (lease === undefined || pathOfKey(lease.namespace) !== namespacePath) return next();
  if (Date.now() - lease.shownAt >= MAX_LEASE_MS) return next();
  const handshake = { subscription, token: undefined, since: parsed.since, lease };
  const { namespace, authority, token } = lease;
  const principal = principalOfToken(authority, token);
  const response = await shakeHands({ handshake, principal, namespace }, c).catch(ended);
  if (response === undefined || response.status === 403) return next();
  c.var.record?.setSubscription({ pattern, transport: transportOf(subscription) });
  return response.status === 101 ? switchProtocols(response, [], subscription) : response;
}

/** The namespace may have been made again, and the token or the ticket of the request be of the new one. */
function ended(error: unknown): undefined {
  if (!isNamespaceDeleted(error)) throw error;
}
