/** What is legal in the settings of a destination, but probably a mistake. */

import { adviceOnFilter } from '../event/filter/advice.ts';
import { compileFilter } from '../event/filter/filter.ts';
import { adviceOnPattern } from '../event/pattern-advice.ts';
import { quote } from '../lib/quote.ts';
import type { DestinationSettings } from './settings.ts';

export function adviceOnDestination(settings: DestinationSettings): string[] {
  const { pattern, namespaces, batchMaxEvents, batchMaxWaitMs } = settings;
  const advice = [
    ...adviceOnPattern(pattern).map((each) => `pattern: ${each}`),
    ...namespaces
      .filter((each) => each.startsWith('/'))
      .map((each) => `namespaces: no namespace begins with a slash, as ${quote(each)} does`),
    ...adviceOnFilterOf(settings),
  ];
  if (batchMaxWaitMs > 0 && batchMaxEvents === 1) {
    advice.push('batch_max_wait: no event waits for others while batch_max_events is 1');
  }
  return advice;
}

function adviceOnFilterOf({ filter, pattern }: DestinationSettings): string[] {
  if (filter === '') return [];
  const compiled = compileFilter(filter);
  const warnings = compiled.ok ? compiled.value.warnings : [];
  return [...warnings, ...adviceOnFilter(filter, pattern)].map((each) => `filter: ${each}`);
}
