/** `POST|PUT /v1/sys/events/publish[/{eventType}]` */
import { callWithRetry } from '../call.ts';
import type { Event } from '../event/event.ts';
import { checkEventType, eventTypeNamespace } from '../event/event-type.ts';
import { factsOf } from '../event/facts.ts';
import { quote } from '../event/quote.ts';
import { hubName } from '../hub/name.ts';
import { type Publication, publicationOf } from '../hub/publication.ts';
import { type ReadEvent, readEvents } from '../ingest/read-events.ts';
import { MAX_HUBS, MAX_PUBLISH_BYTES, MAX_PUBLISH_NAMESPACES } from '../limits.ts';
import { isWithin, pathOfKey, trimSlashes } from '../namespace.ts';
import { invalid, ok, type Result } from '../result.ts';
import { type Refusal, refuse, succeed } from './answer.ts';
import { audit } from './audit.ts';
import { readBody } from './body.ts';
import type { Bindings, Config } from './config.ts';
import { findNamespace } from './namespace.ts';
import { actorOf, type Caller } from './token.ts';

/** What a request's event became. */
type Outcome = 'accepted' | 'duplicate' | 'failed' | 'refused' | 'overloaded';

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
  const contentEncoding = request.headers.get('content-encoding') ?? 'identity';
  if (contentEncoding !== 'identity') {
    return refuse({
      reason: 'unsupported_media_type',
      message: `content encoding ${JSON.stringify(contentEncoding)} is not supported; send the body uncompressed`,
    });
  }
  const body = await readBody(request, MAX_PUBLISH_BYTES);
  if (!body.ok) return refuse(body.failure);
  const events = readEvents(request.headers, body.value, {
    newId: () => crypto.randomUUID(),
    now: Date.now(),
    source: `vault://${config.clusterName}`,
    namespace: pathOfKey(namespace),
    ...(eventType !== '' && { eventType }),
  });
  if (!events.ok) return refuse(events.failure);
  const denied = await deniedNow(events.value, asked);
  if (denied !== undefined) return denied;
  const namespaces = new Set(events.value.map(({ event }) => event.namespace));
  if (namespaces.size > MAX_PUBLISH_NAMESPACES) return tooManyNamespaces(namespaces.size, '');
  const keys = await keysOf(events.value, env);
  if (!keys.ok) return refuse(keys.failure);

  const publications = events.value.map(({ event, json }) =>
    publicationOf(caller.principal, keys.value.get(event.namespace) ?? '', event, json),
  );
  const groups = Map.groupBy(publications, ({ facts }) =>
    hubName(keys.value.get(facts.namespace) ?? '', eventTypeNamespace(facts.event_type)),
  );
  if (groups.size > MAX_PUBLISH_NAMESPACES) return tooManyNamespaces(groups.size, 'event-type ');

  const outcomes = await send(publications, groups, env);
  const ids = events.value.map(({ event }) => event.id);
  return answer(outcomes, ids);
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

function tooManyNamespaces(number: number, kind: '' | 'event-type '): Response {
  return refuse({
    reason: 'too_large',
    message: `the request has events of ${number} ${kind}namespaces, at most ${MAX_PUBLISH_NAMESPACES} are allowed; split it`,
  });
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

/** The keys of the namespaces of the events, by the path that the events have. */
async function keysOf(
  events: readonly ReadEvent[],
  env: Bindings,
): Promise<Result<ReadonlyMap<string, string>>> {
  const keys = new Map<string, string>();
  for (const { event, where } of events) {
    if (keys.has(event.namespace)) continue;
    const key = await findNamespace(env, trimSlashes(event.namespace), false);
    if (key === undefined) return invalid(missingNamespace(event, where));
    keys.set(event.namespace, key);
  }
  return ok(keys);
}

function missingNamespace({ namespace }: Event, where: string): string {
  return `${where}${where && ': '}namespace ${quote(namespace)} does not exist`;
}

/** Sends each hub its events and returns what became of each event, in the order of the request. */
async function send(
  publications: readonly Publication[],
  groups: ReadonlyMap<string, readonly Publication[]>,
  env: Bindings,
): Promise<Outcome[]> {
  const fresh = new Set<string>();
  const failed = new Set<Publication>();
  const refused = new Set<Publication>();
  const overloaded = new Set<Publication>();
  await Promise.all(
    Array.from(groups, async ([hub, group]) => {
      try {
        const published = await callWithRetry(() => env.HUB.getByName(hub).publish(group));
        for (const key of published.keys) fresh.add(key);
        if (published.refused === undefined) return;
        const left = published.refused === 'overloaded' ? overloaded : refused;
        for (const publication of group) left.add(publication);
      } catch (error) {
        console.error(`publishing to the hub ${hub} failed:`, error);
        for (const publication of group) failed.add(publication);
      }
    }),
  );
  return publications.map((publication) => {
    if (failed.has(publication)) return 'failed';
    if (refused.has(publication)) return 'refused';
    if (overloaded.has(publication)) return 'overloaded';
    // Of two events with one key in a request, the first is the event and the second its duplicate.
    return fresh.delete(publication.key) ? 'accepted' : 'duplicate';
  });
}

function answer(outcomes: readonly Outcome[], ids: readonly string[]): Response {
  const indexesOf = (wanted: Outcome) =>
    outcomes.flatMap((outcome, index) => (outcome === wanted ? [index] : []));
  const [accepted, duplicates, failed, refused, overloaded] = [
    indexesOf('accepted'),
    indexesOf('duplicate'),
    indexesOf('failed'),
    indexesOf('refused'),
    indexesOf('overloaded'),
  ];
  const left = [...failed, ...refused, ...overloaded].sort((a, b) => a - b);
  if (failed.length > 0) {
    return refuse({
      reason: 'unavailable',
      message: `${failed.length} of ${outcomes.length} events could not be published; data says by index which. Repeat the request with these ids: what was accepted is not sent again`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  if (refused.length > 0) {
    return refuse({
      reason: 'too_many_hubs',
      message: `${refused.length} of ${outcomes.length} events are of new event-type namespaces, and there are ${MAX_HUBS} already, as many as are allowed; data says by index which. Publish under one that exists`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  if (overloaded.length > 0) {
    return refuse({
      reason: 'overloaded',
      message: `${overloaded.length} of ${outcomes.length} events were not taken, because more are published than their hubs can send; data says by index which. Repeat the request with these ids, later`,
      data: { accepted, duplicates, failed: left, ids },
    });
  }
  return succeed({ accepted: accepted.length, duplicates: duplicates.length, ids });
}
