/** Warnings for a publisher about events that were accepted and reach fewer subscribers than it may expect. */

import { nearestCatalogued } from '../../event/catalog.ts';
import type { EventFacts } from '../../event/facts.ts';
import { quote } from '../../lib/quote.ts';
import { MAX_NAMED_TYPES } from '../limits.ts';

/** One warning for each problem, however many events have it: an event only costs what counting it costs. */
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
    const nearest = nearestCatalogued(type);
    return nearest === undefined
      ? []
      : [`event type ${quote(type)} is none of Vault's; nearest to it is ${quote(nearest)}`];
  });
  if (pathless > 0) {
    advice.push(
      `${pathless} of ${publications.length} events have no metadata "path", by which policies decide: only root hears them`,
    );
  }
  return advice;
}
