/** What the receivers of deliveries have in common: who publishes, and how a sender is refused. */
import { type Publication, publicationOf } from '../hub/publication.ts';
import type { ReadEvent } from '../ingest/read-events.ts';
import type { Source } from '../ingest/webhooks/source.ts';
import { MAX_PUBLISH_NAMESPACES } from '../limits.ts';
import { type Failure, tooLarge } from '../result.ts';
import { type Refusal, refuse } from './answer.ts';

/**
 * A source is a publisher of its own: nobody else can claim its ids in advance.
 *
 * @param namespace the key of the namespace of the source
 * @param keys of the namespaces of the events, by the path that the events have
 */
export function publicationsOf(
  { name }: Source,
  namespace: string,
  events: readonly ReadEvent[],
  keys: ReadonlyMap<string, string>,
): Publication[] {
  const principal = `source:${namespace}/${name}`;
  return events.map(({ event, json }) =>
    publicationOf(principal, keys.get(event.namespace) ?? '', event, json),
  );
}

/** Why events of so many hubs are not taken at once; undefined where they are. */
export function tooManyGroups(groups: ReadonlyMap<string, unknown>): Failure | undefined {
  if (groups.size <= MAX_PUBLISH_NAMESPACES) return undefined;
  return tooLarge(
    `the delivery has events of ${groups.size} event-type namespaces, at most ${MAX_PUBLISH_NAMESPACES} are allowed; split it`,
  ).failure;
}

/** Says no, in the log too; some vendors are told in their own way that it is of no use to repeat it. */
export function refuseDelivery({ kind, name }: Source, refusal: Refusal): Response {
  const response = refuse(refusal);
  if ('message' in refusal) {
    const { status } = response;
    console.warn(JSON.stringify({ source: name, refused: refusal.message, status }));
  }
  if (response.headers.has('Retry-After')) return response;
  for (const [header, value] of Object.entries(kind.refusal ?? {})) {
    response.headers.set(header, value);
  }
  return response;
}
