import type { EventFacts } from '../facts.ts';
import type { Filter } from './filter.ts';
import { MAX_FILTERED_CHARACTERS } from './limits.ts';

/** What a filter costs for an event, at most: steps at the characters of the longest field that it searches. */
export function filterSteps({ cost }: Filter, facts: EventFacts): number {
  if (cost === 0) return 0;
  const { data_path, event_type, namespace, operation, source_plugin_mount } = facts;
  return (
    cost *
    [data_path, event_type, namespace, operation, source_plugin_mount]
      .map(({ length }) => length)
      .reduce(
        (most, length) => (length > MAX_FILTERED_CHARACTERS ? most : Math.max(most, length)),
        1,
      )
  );
}
