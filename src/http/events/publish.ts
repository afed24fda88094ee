/** `POST|PUT /v1/sys/events/publish[/{eventType}]` */

import { checkEventType } from '../../event/event-type.ts';
import { checkOrigin } from '../../event/origin.ts';
import { readEvents } from '../../ingest/read-events.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import type { Access } from '../../policy/access.ts';
import { MAX_PUBLISH_BYTES } from '../../wire/limits.ts';
import { audit } from '../audit-log.ts';
import { actorOf } from '../authentication/caller.ts';
import type { CallerContext } from '../context.ts';
import { PUBLISH } from '../event-routes.ts';
import { callerOf, FRESH } from '../middleware/caller.ts';
import { authorize, authorizeOrigin, type Denial } from '../publishing/authorize-events.ts';
import { hopsOfRequest, refuseCircle } from '../publishing/hops.ts';
import { publishEvents } from '../publishing/publish-events.ts';
import { readUncompressedBody } from '../request/body.ts';
import { after } from '../request/path.ts';
import { type Refusal, refuse, succeed } from '../respond.ts';

/**
 * Publishes the events of a request. All of them are checked and authorised before the first is sent to its hub.
 * If only some hubs fail, the answer lists by index which events were published.
 */
export async function publish(c: CallerContext): Promise<Response> {
  const caller = c.get('caller');
  const config = c.get('config');
  const request = c.req.raw;
  const eventType = after(PUBLISH, c.get('path').route);
  if (eventType !== '') {
    const checked = checkEventType(eventType);
    if (!checked.ok) return refuse(checked.failure);
  }
  const origin = originOf(c.get('query'));
  if (!origin.ok) return refuse(origin.failure);
  const hops = hopsOfRequest(request.headers);
  if (!hops.ok) return refuse(hops.failure);
  const body = await readUncompressedBody(request, MAX_PUBLISH_BYTES);
  if (!body.ok) return refuse(body.failure);
  const namespace = pathOfKey(c.get('namespace'));
  const events = readEvents(request.headers, body.value, {
    newId: () => crypto.randomUUID(),
    now: Date.now(),
    source: `vault://${config.clusterName}`,
    cluster: config.clusterName,
    namespace,
    hops: hops.value,
    ...(eventType !== '' && { eventType }),
  });
  if (!events.ok) return refuse(events.failure);
  const circle = refuseCircle(events.value);
  if (circle !== undefined) return refuse(circle);
  const authorizeAll = (access: Access) => {
    const shared = authorizeOrigin(origin.value, access, namespace);
    return shared.ok ? authorize(events.value, access, namespace, config.publishNeedsPath) : shared;
  };
  const authorized = authorizeAll(caller.access);
  if (!authorized.ok) {
    const refusal = await refusalOfCaller(authorizeAll, authorized.failure, c);
    if (refusal !== undefined) return refuse(refusal);
  }
  const { principal, owner } = caller;
  const publisher = { principal, owner, origin: origin.value };
  const report = await publishEvents(events.value, publisher, c);
  return report.ok ? succeed(report.value.data, report.value.warnings) : refuse(report.failure);
}

/** The origin that the events come from, which the publisher shares with others. */
function originOf(query: URLSearchParams): Result<string | undefined> {
  const [origin, ...others] = query.getAll('origin');
  if (others.length > 0) return invalid('the parameter "origin" is given more than once');
  return origin === undefined ? ok(undefined) : checkOrigin(origin);
}

/**
 * Why the caller may not publish the events, if it may not. A cached caller may lack new rights, so it is authenticated
 * again.
 *
 * @param denial what its rights lack as they are known
 */
async function refusalOfCaller(
  authorizeAll: (access: Access) => Result<undefined, Denial>,
  denial: Denial,
  c: CallerContext,
): Promise<Refusal | undefined> {
  const { caller } = c.var;
  const namespace = pathOfKey(c.var.namespace);
  let { message, path } = denial;
  if (caller.isCached) {
    const present = await callerOf(c, FRESH);
    if (!present.ok) return present.failure;
    const authorized = authorizeAll(present.value.access);
    if (authorized.ok) return undefined;
    ({ message, path } = authorized.failure);
  }
  audit(c, 'denied', { namespace, operation: 'publish', path, accessor: actorOf(caller) });
  return { reason: 'forbidden', message };
}
