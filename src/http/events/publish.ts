/** `POST|PUT /v1/sys/events/publish[/{eventType}]` */

import { checkEventType } from '../../event/event-type.ts';
import { type CheckedEvent, readEvents } from '../../ingest/read-events.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { MAX_PUBLISH_BYTES } from '../../wire/limits.ts';
import { audit } from '../audit-log.ts';
import { actorOf } from '../authentication/caller.ts';
import type { CallerContext } from '../context.ts';
import { PUBLISH } from '../event-routes.ts';
import { callerOf, FRESH } from '../middleware/caller.ts';
import { authorize } from '../publishing/authorize-events.ts';
import { publishEvents } from '../publishing/publish-events.ts';
import { readUncompressedBody } from '../request/body.ts';
import { after } from '../request/path.ts';
import { type Refusal, refuse, succeed } from '../respond.ts';

/**
 * Publishes the events of a request. All of them are checked and authorised before the first is sent to its hub.
 * If only some hubs fail, the answer lists by index which events were published.
 */
export async function publish(c: CallerContext): Promise<Response> {
  const { caller, config, namespace, path } = c.var;
  const request = c.req.raw;
  const eventType = after(PUBLISH, path.route);
  if (eventType !== '') {
    const checked = checkEventType(eventType);
    if (!checked.ok) return refuse(checked.failure);
  }
  const body = await readUncompressedBody(request, MAX_PUBLISH_BYTES);
  if (!body.ok) return refuse(body.failure);
  const events = readEvents(request.headers, body.value, {
    newId: () => crypto.randomUUID(),
    now: Date.now(),
    source: `vault://${config.clusterName}`,
    cluster: config.clusterName,
    namespace: pathOfKey(namespace),
    ...(eventType !== '' && { eventType }),
  });
  if (!events.ok) return refuse(events.failure);
  const refusal = await refusalOfCaller(events.value, c);
  if (refusal !== undefined) return refuse(refusal);
  const report = await publishEvents(events.value, caller, c);
  return report.ok ? succeed(report.value.data, report.value.warnings) : refuse(report.failure);
}

/** Why the caller may not publish the events. A cached caller may lack new rights, so it is authenticated again. */
async function refusalOfCaller(
  events: readonly CheckedEvent[],
  c: CallerContext,
): Promise<Refusal | undefined> {
  const { caller, config, namespace } = c.var;
  const path = pathOfKey(namespace);
  let authorized = authorize(events, caller.access, path, config.publishNeedsPath);
  if (!authorized.ok && caller.isCached) {
    const present = await callerOf(c, FRESH);
    if (!present.ok) return present.failure;
    authorized = authorize(events, present.value.access, path, config.publishNeedsPath);
  }
  if (authorized.ok) return undefined;
  const { failure } = authorized;
  audit('denied', {
    namespace: path,
    operation: 'publish',
    path: failure.path,
    accessor: actorOf(caller),
  });
  return { reason: 'forbidden', message: failure.message };
}
