/** `POST|PUT /v1/sys/events/publish[/{eventType}]` */
import { checkEventType, eventTypeNamespace } from '../event/event-type.ts';
import { callWithRetry } from '../hub/call.ts';
import { hubName } from '../hub/name.ts';
import { type Publication, publicationOf } from '../hub/publication.ts';
import { readEvents } from '../ingest/read-events.ts';
import { MAX_HUBS, MAX_PUBLISH_BYTES, MAX_PUBLISH_NAMESPACES } from '../limits.ts';
import { refuse, succeed } from './answer.ts';
import { readBody } from './body.ts';
import type { Bindings, Config } from './config.ts';
import type { Principal } from './token.ts';

/** What a request's event became. */
type Outcome = 'accepted' | 'duplicate' | 'failed' | 'refused';

/**
 * Publishes the events of a request: all of them are checked before the first is sent. They go to
 * their hubs in one call each; where some hubs fail, the answer says by index what was accepted.
 */
export async function publish(
  request: Request,
  typeInUrl: string,
  principal: Principal,
  env: Bindings,
  config: Config,
): Promise<Response> {
  if (typeInUrl !== '') {
    const eventType = checkEventType(typeInUrl);
    if (!eventType.ok) return refuse(eventType.failure);
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
    ...(typeInUrl !== '' && { eventType: typeInUrl }),
  });
  if (!events.ok) return refuse(events.failure);

  const publications = events.value.map(({ event, json }) => publicationOf(principal, event, json));
  const namespaces = Map.groupBy(publications, ({ event_type }) => eventTypeNamespace(event_type));
  if (namespaces.size > MAX_PUBLISH_NAMESPACES) {
    return refuse({
      reason: 'too_large',
      message: `the request has events of ${namespaces.size} event-type namespaces, at most ${MAX_PUBLISH_NAMESPACES} are allowed; split it`,
    });
  }

  const outcomes = await send(publications, namespaces, env);
  const ids = events.value.map(({ event }) => event.id);
  return answer(outcomes, ids);
}

/** Sends each hub its events and returns what became of each event, in the order of the request. */
async function send(
  publications: readonly Publication[],
  namespaces: ReadonlyMap<string, readonly Publication[]>,
  env: Bindings,
): Promise<Outcome[]> {
  const fresh = new Set<string>();
  const failed = new Set<Publication>();
  const refused = new Set<Publication>();
  await Promise.all(
    Array.from(namespaces, async ([namespace, group]) => {
      const call = () => env.HUB.getByName(hubName('', namespace)).publish(group);
      try {
        const keys = await callWithRetry(call);
        for (const key of keys ?? []) fresh.add(key);
        if (keys === undefined) for (const publication of group) refused.add(publication);
      } catch (error) {
        console.error(`publishing to the hub of ${namespace} failed:`, error);
        for (const publication of group) failed.add(publication);
      }
    }),
  );
  return publications.map((publication) => {
    if (failed.has(publication)) return 'failed';
    if (refused.has(publication)) return 'refused';
    // Of two events with one key in a request, the first is the event and the second its duplicate.
    return fresh.delete(publication.key) ? 'accepted' : 'duplicate';
  });
}

function answer(outcomes: readonly Outcome[], ids: readonly string[]): Response {
  const indexesOf = (wanted: Outcome) =>
    outcomes.flatMap((outcome, index) => (outcome === wanted ? [index] : []));
  const [accepted, duplicates, failed, refused] = [
    indexesOf('accepted'),
    indexesOf('duplicate'),
    indexesOf('failed'),
    indexesOf('refused'),
  ];
  if (failed.length > 0) {
    return refuse({
      reason: 'unavailable',
      message: `${failed.length} of ${outcomes.length} events could not be published; data says by index which. Repeat the request with these ids: what was accepted is not sent again`,
      data: { accepted, duplicates, failed: [...failed, ...refused].sort((a, b) => a - b), ids },
    });
  }
  if (refused.length > 0) {
    return refuse({
      reason: 'too_many_hubs',
      message: `${refused.length} of ${outcomes.length} events are of new event-type namespaces, and there are ${MAX_HUBS} already, as many as are allowed; data says by index which. Publish under one that exists`,
      data: { accepted, duplicates, failed: refused, ids },
    });
  }
  return succeed({ accepted: accepted.length, duplicates: duplicates.length, ids });
}
