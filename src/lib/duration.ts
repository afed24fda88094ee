/** Durations as Vault reads them, in whole seconds. */

import { MAX_DURATION_SECONDS } from './limits.ts';
import { quote } from './quote.ts';
import { invalid, ok, type Result } from './result.ts';

const SECONDS = /^[-+]?\d+$/;
const DAYS = /^([-+]?\d+)d$/;
const NUMBER_AND_UNIT = String.raw`(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)`;
const GO_DURATION = new RegExp(`^[-+]?(?:${NUMBER_AND_UNIT})+$`);
const PARTS = new RegExp(NUMBER_AND_UNIT, 'g');

/** In microseconds, of which the longest duration is still a safe integer. */
const UNITS = new Map([
  ['ns', 1e-3],
  ['us', 1],
  ['µs', 1],
  ['μs', 1],
  ['ms', 1e3],
  ['s', 1e6],
  ['m', 60e6],
  ['h', 3600e6],
]);

/**
 * Reads a duration: a whole number of seconds (`90`, `"90"`), a Go duration (`"1h30m"`; `"1500ms"` is a
 * second, and so is anything shorter) or days (`"2d"`). Empty text is 0, as in Vault.
 *
 * @param name of the field, for the message
 */
export function parseDuration(value: unknown, name: string): Result<number> {
  const duration = parseSignedDuration(value, name);
  if (duration.ok && duration.value < 0) {
    return invalid(`${name}: cannot provide negative value '${duration.value}'`);
  }
  return duration;
}

/** The same where a negative duration means something: with leeways, none at all. */
export function parseSignedDuration(value: unknown, name: string): Result<number> {
  const seconds = typeof value === 'string' ? secondsOf(value.trim()) : value;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) {
    const given = typeof value === 'number' ? value : quote(value);
    return invalid(`${name} must be a duration such as 90, "90s", "1h30m" or "2d", not ${given}`);
  }
  if (Math.abs(seconds) > MAX_DURATION_SECONDS) {
    return invalid(`${name} must be at most ${MAX_DURATION_SECONDS} seconds`);
  }
  return ok(seconds);
}

function secondsOf(text: string): number | undefined {
  if (text === '') return 0;
  if (SECONDS.test(text)) return bounded(Number(text));
  const days = DAYS.exec(text)?.[1];
  if (days !== undefined) return bounded(Number(days) * 24 * 60 * 60);
  if (!GO_DURATION.test(text)) return undefined;

  let microseconds = 0;
  for (const [, number = '', unit = ''] of text.matchAll(PARTS)) {
    microseconds += Math.round(Number(number) * (UNITS.get(unit) ?? 0));
  }
  // Nothing would mean no bound at all, which is not what somebody meant who asked for little.
  const seconds = microseconds > 0 ? Math.max(1, Math.trunc(microseconds / 1e6)) : 0;
  return bounded(text.startsWith('-') ? -seconds : seconds);
}

/** Digits without end are a number too, though none that could be calculated with. */
function bounded(seconds: number): number {
  const beyond = MAX_DURATION_SECONDS + 1;
  // Adding zero makes zero of minus zero.
  return Math.max(-beyond, Math.min(seconds, beyond)) + 0;
}
