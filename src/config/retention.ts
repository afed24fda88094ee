/** How much of its journal a hub retains: the variables `JOURNAL_*`. */
import { parseDuration } from '../lib/duration.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import {
  MAX_JOURNAL_AGE_SECONDS,
  MAX_JOURNAL_BYTES,
  MAX_JOURNAL_EVENTS,
  MIN_JOURNAL_BYTES,
} from './limits.ts';
import type { Variables } from './variables.ts';

/** An event is trimmed as soon as one of the three limits is exceeded. */
export interface Retention {
  readonly events: number;
  readonly bytes: number;
  readonly ageMs: number;
}

const DEFAULTS = {
  JOURNAL_MAX_EVENTS: '100000',
  JOURNAL_MAX_BYTES: '268435456',
  JOURNAL_MAX_AGE: '24h',
  RECONNECT_WINDOW: '2m',
};

export function parseRetention(variables: Variables): Result<Retention> {
  const events = numberOf('JOURNAL_MAX_EVENTS', variables, 1, MAX_JOURNAL_EVENTS);
  if (!events.ok) return events;
  const bytes = numberOf('JOURNAL_MAX_BYTES', variables, MIN_JOURNAL_BYTES, MAX_JOURNAL_BYTES);
  if (!bytes.ok) return bytes;
  const age = durationOf('JOURNAL_MAX_AGE', variables, 1, MAX_JOURNAL_AGE_SECONDS);
  if (!age.ok) return age;
  return ok({ events: events.value, bytes: bytes.value, ageMs: age.value });
}

/** @returns the milliseconds of a duration of so many seconds */
export function durationOf(
  name: 'JOURNAL_MAX_AGE' | 'RECONNECT_WINDOW',
  variables: Variables,
  min: number,
  max: number,
): Result<number> {
  const text = variables[name] ?? DEFAULTS[name];
  const seconds = parseDuration(text, name);
  return text !== '' && seconds.ok && seconds.value >= min && seconds.value <= max
    ? ok(seconds.value * 1000)
    : invalid(
        `the variable ${name} is ${quote(text)}; set it in wrangler.toml, or with --var, to a duration such as "${DEFAULTS[name]}", from ${min}s to ${max}s`,
      );
}

function numberOf(
  name: 'JOURNAL_MAX_EVENTS' | 'JOURNAL_MAX_BYTES',
  variables: Variables,
  min: number,
  max: number,
): Result<number> {
  const text = variables[name] ?? DEFAULTS[name];
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max
    ? ok(number)
    : invalid(
        `the variable ${name} is ${quote(text)}; set it in wrangler.toml, or with --var, to a whole number from ${min} to ${max}`,
      );
}
