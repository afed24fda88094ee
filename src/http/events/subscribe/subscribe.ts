/**
 * `GET /v1/sys/events/subscribe/{pattern}`, for a WebSocket or a stream. All checks are made in Vault's order before
 * the hub gets the subscriber.
 */

import { quote } from '../../../lib/quote.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import { audit } from '../../audit-log.ts';
import { actorOf, type Caller, rootMarkOf } from '../../authentication/caller.ts';
import type { CallerContext } from '../../context.ts';
import { SUBSCRIBE } from '../../event-routes.ts';
import { callerOf, FRESH_FOR_SUBSCRIPTION } from '../../middleware/caller.ts';
import { after } from '../../request/path.ts';
import { type Refusal, refuse, refused } from '../../respond.ts';
import { openStream } from '../streams/open.ts';
import { adviceOnSubscription } from './advice.ts';
import { checkSubscription, transportOf } from './checked-subscription.ts';
import { principalOfToken, shakeHands } from './hub-handshake.ts';
import { switchProtocols } from './switch-protocols.ts';

export async function subscribe(c: CallerContext): Promise<Response> {
  const { config, namespace, path, query } = c.var;
  const request = c.req.raw;
  const pattern = after(SUBSCRIBE, path.route).trim();
  const needed = `sys/events/subscribe/${pattern}`;
  const allowed = await callerWhoMayRead(c, needed);
  if (!allowed.ok) return refuse(allowed.failure);
  const caller = allowed.value;
  const checked = checkSubscription(request, query, pattern, pathOfKey(namespace), config);
  if (!checked.ok) return refuse(checked.failure);
  const { parsed, subscription } = checked.value;
  const { since, stream } = parsed;
  c.var.record?.setSubscription({ pattern, transport: transportOf(subscription, stream) });
  const warnings = adviceOnSubscription(parsed, request.url, query, caller.access);
  const token = caller.token && { authority: caller.token.authority, digest: caller.token.digest };
  // The subscribers of the root token may be at any shard, so that they do not fill one after the other.
  const principal =
    caller.token === undefined
      ? crypto.randomUUID()
      : principalOfToken(caller.token.authority, caller.token.state.id);
  const isStream = stream !== undefined;
  const mayLease = caller.token?.state.limitedUses === false && !isStream;
  const asked = { subscription, token, rootMark: rootMarkOf(caller), since, isStream };
  const connect = async () => {
    const handshake = { ...asked, ...(mayLease && { mayLease }) };
    const response = await shakeHands({ handshake, principal, namespace }, c);
    // The hub knows that the token has ended. The client is told so in the same words as by a Worker that has not cached it.
    if (response.status !== 403 || !caller.isCached) return response;
    const present = await callerOf(c, FRESH_FOR_SUBSCRIPTION);
    return present.ok ? response : refuse(present.failure);
  };
  if (stream !== undefined) {
    const { signal } = request;
    return openStream(stream, { owner: caller.owner, signal, connect, warnings });
  }
  const response = await connect();
  return response.status === 101 ? switchProtocols(response, warnings, subscription) : response;
}

/** A cached caller may lack new rights, so it is authenticated again. */
async function callerWhoMayRead(c: CallerContext, path: string): Promise<Result<Caller, Refusal>> {
  const { namespace } = c.var;
  const inNamespace = pathOfKey(namespace);
  let { caller } = c.var;
  if (mayRead(caller, inNamespace, path)) return ok(caller);
  if (caller.isCached) {
    const present = await callerOf(c, FRESH_FOR_SUBSCRIPTION);
    if (!present.ok) return present;
    caller = present.value;
    if (mayRead(caller, inNamespace, path)) return ok(caller);
  }
  audit(c, 'denied', {
    namespace: inNamespace,
    operation: 'read',
    path,
    accessor: actorOf(caller),
  });
  return refused({
    reason: 'denied',
    advice: `no policy of this token allows "read" on ${quote(path)}; add: path ${quote(path)} { capabilities = ["read"] }`,
  });
}

function mayRead({ access }: Caller, namespace: string, path: string): boolean {
  return access.allows(namespace, { operation: 'read', path });
}
