/** `POST|PUT /v1/sys/events/publish[/{eventType}]` */

import type { Bindings, Config } from '../../config/config.ts';
import { checkEventType } from '../../event/event-type.ts';
import { factsOf } from '../../event/facts.ts';
import { type ReadEvent, readEvents } from '../../ingest/read-events.ts';
import { quote } from '../../lib/quote.ts';
import { isWithin, pathOfKey, trimSlashes } from '../../namespace/namespace.ts';
import { MAX_PUBLISH_BYTES } from '../../wire/limits.ts';
import { audit } from '../audit-log.ts';
import { actorOf, type Caller } from '../authentication/authenticate.ts';
import { publishAll } from '../publishing/send.ts';
import { checkEncoding, readBody } from '../request/body.ts';
import { type Refusal, refuse } from '../respond.ts';

interface PublishRequest {
  readonly request: Request;
  /** The event type in the URL; empty where there is none. */
  readonly eventType: string;
  readonly caller: Caller;
  /** Asks anew who that is. */
  readonly askAgain: () => Promise<Caller | Refusal>;
  /** The key of the namespace that the request is sent to. */
  readonly namespace: string;
  readonly env: Bindings;
  readonly config: Config;
}

/**
 * Publishes the events of a request: all of them are checked and authorised before the first is sent.
 * They go to their hubs in one call each; where some hubs fail, the answer says by index what was
 * accepted.
 */
export async function publish(asked: PublishRequest): Promise<Response> {
  const { request, eventType, caller, namespace, env, config } = asked;
  if (eventType !== '') {
    const checked = checkEventType(eventType);
    if (!checked.ok) return refuse(checked.failure);
  }
  const encoding = checkEncoding(request.headers);
  if (!encoding.ok) return refuse(encoding.failure);
  const body = await readBody(request, MAX_PUBLISH_BYTES);
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
  const denied = await deniedNow(events.value, asked);
  if (denied !== undefined) return denied;
  return publishAll(caller, events.value, env);
}

/** The refusal of events that the caller may not publish. Nobody is refused for what is only remembered. */
async function deniedNow(
  events: readonly ReadEvent[],
  { caller, askAgain, namespace, config }: PublishRequest,
): Promise<Response | undefined> {
  const inNamespace = pathOfKey(namespace);
  let denial = denialOf(events, inNamespace, caller, config);
  if (denial !== undefined && caller.remembered) {
    const present = await askAgain();
    if ('reason' in present) return refuse(present);
    denial = denialOf(events, inNamespace, present, config);
  }
  if (denial === undefined) return undefined;
  audit('denied', {
    namespace: inNamespace,
    operation: 'publish',
    path: denial.path,
    accessor: actorOf(caller),
  });
  return refuse({ reason: 'forbidden', message: denial.message });
}

interface Denial {
  readonly message: string;
  /** Which right was missing; not the path of an event, which is the event's own. */
  readonly path: string;
}

/** Why the caller may not publish one of the events; undefined where it may publish all. */
function denialOf(
  events: readonly ReadEvent[],
  namespace: string,
  { access }: Caller,
  { publishNeedsPath }: Config,
): Denial | undefined {
  for (const { event, where, sent } of events) {
    const at = where === '' ? '' : `${where}: `;
    const inNamespace = trimSlashes(event.namespace);
    if (!isWithin(inNamespace, namespace)) {
      return {
        message: `${at}permission denied: namespace ${quote(event.namespace)} is not that of the request nor below it`,
        path: 'namespace',
      };
    }
    const mayWrite = (path: string, data: Readonly<Record<string, unknown>>) =>
      (['update', 'create'] as const).some((operation) =>
        access.allows(inNamespace, { operation, path, data }),
      );
    const publishPath = `sys/events/publish/${event.event_type}`;
    if (!mayWrite(publishPath, sent)) {
      return {
        message: `${at}permission denied: "update" or "create" on ${quote(publishPath)} is needed`,
        path: publishPath,
      };
    }
    const { path } = factsOf(event);
    if (publishNeedsPath && path !== '' && !mayWrite(path, {})) {
      return {
        message: `${at}permission denied: "update" or "create" on the path of the event, ${quote(path)}, is needed`,
        path: 'the path of the event',
      };
    }
  }
  return undefined;
}
