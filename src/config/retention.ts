/** How much of the past a hub keeps: the variables `JOURNAL_*` of `wrangler.toml`. */
import { parseDuration } from '../lib/duration.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import {
  MAX_JOURNAL_AGE_SECONDS,
  MAX_JOURNAL_BYTES,
  MAX_JOURNAL_EVENTS,
  MIN_JOURNAL_BYTES,
} from './limits.ts';

/** An event goes when one of the three says so. */
export interface Retention {
  readonly events: number;
  readonly bytes: number;
  readonly ageMs: number;
}

/** What holds where the operator has set nothing. */
const DEFAULTS = {
  JOURNAL_MAX_EVENTS: '100000',
  JOURNAL_MAX_BYTES: '268435456',
  JOURNAL_MAX_AGE: '24h',
};

type Settings = Readonly<typeof DEFAULTS>;

export function parseRetention(settings: Partial<Settings>): Result<Retention> {
  const events = numberOf('JOURNAL_MAX_EVENTS', settings, 1, MAX_JOURNAL_EVENTS);
  if (!events.ok) return events;
  const bytes = numberOf('JOURNAL_MAX_BYTES', settings, MIN_JOURNAL_BYTES, MAX_JOURNAL_BYTES);
  if (!bytes.ok) return bytes;
  const text = settings.JOURNAL_MAX_AGE ?? DEFAULTS.JOURNAL_MAX_AGE;
  const age = parseDuration(text, 'JOURNAL_MAX_AGE');
  if (!age.ok || age.value < 1 || age.value > MAX_JOURNAL_AGE_SECONDS) {
    return invalid(
      `the variable JOURNAL_MAX_AGE is ${quote(text)}; set it in wrangler.toml, or with --var, to a duration such as "24h", from 1s to ${MAX_JOURNAL_AGE_SECONDS}s`,
    );
  }
  return ok({ events: events.value, bytes: bytes.value, ageMs: age.value * 1000 });
}

function numberOf(
  name: 'JOURNAL_MAX_EVENTS' | 'JOURNAL_MAX_BYTES',
  settings: Partial<Settings>,
  min: number,
  max: number,
): Result<number> {
  const text = settings[name] ?? DEFAULTS[name];
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max
    ? ok(number)
    : invalid(
        `the variable ${name} is ${quote(text)}; set it in wrangler.toml, or with --var, to a whole number from ${min} to ${max}`,
      );
}
