/** Warnings for a publisher about events that were accepted and reach fewer subscribers than it may expect. */

import { CATALOG, nearestCatalogued } from '../../event/catalog.ts';
import { factsOf } from '../../event/facts.ts';
import type { CheckedEvent } from '../../ingest/read-events.ts';
import { quote } from '../../lib/quote.ts';
import { MAX_NAMED_TYPES } from '../limits.ts';

/** One warning for each problem, however many events have it: an event only costs what counting it costs. */
export function adviceOnEvents(events: readonly CheckedEvent[]): string[] {
  let pathless = 0;
  let versioned = 0;
  const types = new Set<string>();
  for (const { event } of events) {
    const { path } = factsOf(event);
    if (path === '') pathless++;
    if (path.startsWith('v1/')) versioned++;
    if (types.size < MAX_NAMED_TYPES) types.add(event.event_type);
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
      `${pathless} of ${events.length} events have no metadata "path", by which policies decide: only root hears them. Give each the path that it is about, such as "deploy/web"`,
    );
  }
  if (versioned > 0) {
    advice.push(
      `${versioned} of ${events.length} events have a metadata "path" that begins with "v1/"; paths of policies begin after it`,
    );
  }
  return advice;
}
