/** Applies the filter of a destination. What it costs is bounded for a turn of the event loop: others are served meanwhile. */

import type { OutgoingEvent } from '../../destination/outgoing.ts';
import { filterSteps } from '../../event/filter/effort.ts';
import type { Filter } from '../../event/filter/filter.ts';
import { GAP_TYPE } from '../../event/reserved-type.ts';
import { MAX_FILTER_STEPS_PER_TURN } from './limits.ts';

/** Those that pass; gaps, and what was handed over, in any case. */
export async function passingFilter(
  events: readonly OutgoingEvent[],
  filter: Filter | undefined,
): Promise<OutgoingEvent[]> {
  if (filter === undefined) return [...events];
  const passing: OutgoingEvent[] = [];
  let steps = 0;
  for (const event of events) {
    const { facts, isDeadLetter = false } = event;
    const isExempt = isDeadLetter || facts.event_type === GAP_TYPE;
    if (isExempt || filter.matches(facts)) passing.push(event);
    steps += isExempt ? 0 : filterSteps(filter, facts);
    if (steps < MAX_FILTER_STEPS_PER_TURN) continue;
    steps = 0;
    await scheduler.wait(0);
  }
  return passing;
}
