/** `/v1/sys/events/subscriptions[/{id}]`, for operators: lists the open subscriptions, and closes one. */

import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import { isMethodMissing } from '../../../objects/call.ts';
import type { OpenSubscription } from '../../../objects/hub-contract.ts';
import { callSubscriberHub } from '../../../objects/stubs.ts';
import { auditCall } from '../../audit-log.ts';
import type { Call, Endpoints } from '../../endpoint-types.ts';
import { MAX_LISTED_SUBSCRIPTIONS } from '../../limits.ts';
import { done, list, refuse, succeed } from '../../respond.ts';
import { objectOfHolder } from '../holder.ts';
import { canNameHub } from '../hub-in-request.ts';
import { accessorsOf, ROOT_ACCESSOR } from './accessors.ts';
import { type ListRequest, listSubscriptions } from './list-subscriptions.ts';
import { parsePosition } from './subscription-id.ts';

export const SUBSCRIPTION_ENDPOINTS: Endpoints = {
  'sys/events/subscriptions': { list: listOpen, alwaysLists: true, sudo: true },
  'sys/events/subscriptions/:name': { delete: closeOne, sudo: true },
};

async function listOpen({ env, var: { namespace, query, caller } }: Call): Promise<Response> {
  const request = listRequest(namespace, query);
  if (!request.ok) return refuse(request.failure);
  const { listed, next, warnings } = await listSubscriptions(env, request.value);
  if (listed.length === 0 && next === undefined && warnings.length === 0) return list([]);
  const accessorOf = await accessorsOf(
    env,
    caller,
    listed.map(({ subscription }) => subscription),
  );
  const keyInfo = listed.map(({ id, holder, subscription }) => [
    id,
    { ...holder, ...view(subscription, accessorOf(subscription)) },
  ]);
  return succeed(
    {
      keys: listed.map(({ id }) => id),
      key_info: Object.fromEntries(keyInfo),
      ...(next !== undefined && { next }),
    },
    warnings,
  );
}

async function closeOne(call: Call): Promise<Response> {
  const { env } = call;
  const { name: id, namespace } = call.var;
  const parsed = parsePosition(id);
  if (!parsed.ok) return refuse(parsed.failure);
  const { holder, position } = parsed.value;
  if (position === undefined) {
    return refuse(
      invalid(`${quote(id)} names all of a hub or a shard; one request closes one`).failure,
    );
  }
  const closed = await close(env, objectOfHolder(namespace, holder), position.key);
  if (!closed.ok) return refuse(closed.failure);
  if (closed.value === undefined) {
    return refuse({
      reason: 'not_found',
      message: `no open subscription has the id ${quote(id)}: it may have ended meanwhile`,
    });
  }
  const accessorOf = await accessorsOf(env, call.var.caller, [closed.value]);
  const accessor = accessorOf(closed.value);
  const { pattern } = closed.value.subscription;
  auditCall(call, 'subscription_closed', { id, pattern, accessor });
  return done([`the client may reconnect at once; to keep it out, ${howToEnd(accessor)}`]);
}

/** How to end the token of a subscription. */
function howToEnd(accessor: string | undefined): string {
  if (accessor === ROOT_ACCESSOR) return 'replace the root token (ROOT_TOKEN), which it uses';
  return `revoke its token${accessor === undefined ? '' : ` (accessor ${accessor})`}`;
}

async function close(
  env: Env,
  object: string,
  key: string,
): Promise<Result<OpenSubscription | undefined>> {
  try {
    return ok(await callSubscriberHub(env, object, (stub) => stub.closeSubscription(key)));
  } catch (error) {
    if (!isMethodMissing(error)) throw error;
    return invalid('the hub is of the release before, and cannot close one subscription');
  }
}

function listRequest(namespace: string, query: URLSearchParams): Result<ListRequest> {
  const hub = query.get('hub') ?? undefined;
  const limit = query.get('limit') ?? String(MAX_LISTED_SUBSCRIPTIONS);
  const position = query.get('after') ?? undefined;
  if (hub !== undefined && !canNameHub(hub)) {
    return invalid(
      `hub is ${quote(hub)}; it must be an event-type namespace such as "kv-v2", or "*"`,
    );
  }
  if (
    !/^[0-9]{1,9}$/.test(limit) ||
    Number(limit) < 1 ||
    Number(limit) > MAX_LISTED_SUBSCRIPTIONS
  ) {
    return invalid(
      `limit is ${quote(limit)}; it must be a whole number from 1 to ${MAX_LISTED_SUBSCRIPTIONS}`,
    );
  }
  const request = { namespace, hub, limit: Number(limit) };
  if (position === undefined) return ok({ ...request, after: undefined });
  const after = parsePosition(position);
  return after.ok
    ? ok({ ...request, after: after.value })
    : invalid(`after: ${after.failure.message}`);
}

/** @param accessor undefined if it is not told, or if its authority does not know the token any more */
function view(
  { openedAt, subscription, isStream, token, progress }: OpenSubscription,
  accessor: string | undefined,
): Record<string, unknown> {
  const { pattern, namespaces, filter, protocol, encoding } = subscription;
  return {
    event_type: pattern,
    namespaces,
    filter,
    opened_at: new Date(openedAt).toISOString(),
    accessor: accessor ?? null,
    accessor_namespace: token === undefined ? '' : pathOfKey(token.authority),
    protocol,
    encoding,
    stream: isStream,
    lag: progress?.lag ?? null,
    unacknowledged_events: progress?.unacknowledged.events ?? null,
    unacknowledged_bytes: progress?.unacknowledged.bytes ?? null,
  };
}
