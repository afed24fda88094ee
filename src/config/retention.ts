/** How much of its journal a hub retains: the variables `JOURNAL_*`. */
import { ok, type Result } from '../lib/result.ts';
import {
  MAX_JOURNAL_AGE_SECONDS,
  MAX_JOURNAL_BYTES,
  MAX_JOURNAL_EVENTS,
  MIN_JOURNAL_BYTES,
} from './limits.ts';
import { durationOf, numberOf } from './read-variable.ts';
import type { Variables } from './variables.ts';

/** An event is trimmed as soon as one of the three limits is exceeded. */
export interface Retention {
  readonly events: number;
  readonly bytes: number;
  readonly ageMs: number;
}

export function parseRetention(variables: Variables): Result<Retention> {
  const events = numberOf('JOURNAL_MAX_EVENTS', variables, {
    byDefault: '100000',
    min: 1,
    max: MAX_JOURNAL_EVENTS,
  });
  if (!events.ok) return events;
  const bytes = numberOf('JOURNAL_MAX_BYTES', variables, {
    byDefault: '268435456',
    min: MIN_JOURNAL_BYTES,
    max: MAX_JOURNAL_BYTES,
  });
  if (!bytes.ok) return bytes;
  const age = durationOf('JOURNAL_MAX_AGE', variables, {
    byDefault: '24h',
    min: 1,
    max: MAX_JOURNAL_AGE_SECONDS,
  });
  if (!age.ok) return age;
  return ok({ events: events.value, bytes: bytes.value, ageMs: age.value });
}
