/** Warnings for a publisher about events that were accepted and reach fewer subscribers than it may expect. */

import { CATALOG, nearestCatalogued } from '../../event/catalog.ts';
import type { EventFacts } from '../../event/facts.ts';
import { quote } from '../../lib/quote.ts';
import { MAX_NAMED_TYPES } from '../limits.ts';

/** One warning for each problem, however many events have it: an event only costs what counting it costs. */
export function adviceOnPublications(
  publications: readonly { readonly facts: Pick<EventFacts, 'event_type' | 'path'> }[],
): string[] {
  let pathless = 0;
  let versioned = 0;
  const types = new Set<string>();
  for (const { facts } of publications) {
    if (facts.path === '') pathless++;
    if (facts.path.startsWith('v1/')) versioned++;
    if (types.size < MAX_NAMED_TYPES) types.add(facts.event_type);
  }
  const advice = [...types].flatMap((type) => {
    const lower = type.toLowerCase();
    const nearest = CATALOG.has(lower) && lower !== type ? lower : nearestCatalogued(type);
    return nearest === undefined
      ? []
      : [`event type ${quote(type)} is none of Vault's; nearest to it is ${quote(nearest)}`];
  });
  if (pathless > 0) {
    advice.push(
      `${pathless} of ${publications.length} events have no metadata "path", by which policies decide: only root hears them. Give each the path that it is about, such as "deploy/web"`,
    );
  }
  if (versioned > 0) {
    advice.push(
      `${versioned} of ${publications.length} events have a metadata "path" that begins with "v1/"; paths of policies begin after it`,
    );
  }
  return advice;
}
