/** What a publisher is told of events that were accepted, and that reach fewer than it may think. */
import { nearestCatalogued } from '../../event/catalog.ts';
import type { EventFacts } from '../../event/facts.ts';
import { quote } from '../../lib/quote.ts';
import { MAX_NAMED_TYPES } from '../limits.ts';

/** Once for a request, with the number of events: the way of each costs no more than to count. */
export function adviceOnPublications(
  publications: readonly { readonly facts: Pick<EventFacts, 'event_type' | 'path'> }[],
): string[] {
  let pathless = 0;
  const types = new Set<string>();
  for (const { facts } of publications) {
    if (facts.path === '') pathless++;
    if (types.size < MAX_NAMED_TYPES) types.add(facts.event_type);
  }
  const advice = [...types].flatMap((type) => {
    const meant = nearestCatalogued(type);
    return meant === undefined
      ? []
      : [`event type ${quote(type)} is none of Vault's; nearest to it is ${quote(meant)}`];
  });
  if (pathless > 0) {
    advice.push(
      `${pathless} of ${publications.length} events have no metadata "path", by which policies decide: only root hears them`,
    );
  }
  return advice;
}
