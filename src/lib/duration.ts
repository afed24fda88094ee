/** Durations as Vault reads them. */

import { MAX_DURATION_SECONDS } from './limits.ts';
import { quote } from './quote.ts';
import { invalid, ok, type Result } from './result.ts';

const SECONDS_OR_DAYS = /^[-+]?\d+(d?)$/;
const NUMBER_AND_UNIT = String.raw`(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)`;
const GO_DURATION = new RegExp(`^[-+]?(?:${NUMBER_AND_UNIT})+$`);
const PARTS = new RegExp(NUMBER_AND_UNIT, 'g');

const NANOSECONDS = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);

/**
 * The seconds of a duration: a whole number of seconds (`90`), a Go duration (`1h30m`, `1500ms`) or days (`2d`). An
 * empty text is 0.
 *
 * @returns undefined if the text is no duration; Infinity if it has too many digits
 */
export function secondsOf(text: string): number | undefined {
  if (text === '') return 0;
  const whole = SECONDS_OR_DAYS.exec(text);
  if (whole !== null) return Number.parseInt(text, 10) * (whole[1] === 'd' ? 24 * 60 * 60 : 1);
  if (!GO_DURATION.test(text)) return undefined;
  // Go counts in nanoseconds, too. In floating-point seconds, 0.29h would be a little less than 1044.
  let nanoseconds = 0;
  for (const [, number = '', unit = ''] of text.matchAll(PARTS)) {
    nanoseconds += Math.round(Number(number) * (NANOSECONDS.get(unit) ?? 0));
  }
  return (text.startsWith('-') ? -nanoseconds : nanoseconds) / 1e9;
}

/**
 * Reads a duration in whole seconds: a number (`90`), or a text as in `secondsOf`. Fractions are cut off, but a
 * duration under a second is one second.
 *
 * @param name the name of the field, for the message
 */
export function parseDuration(value: unknown, name: string): Result<number> {
  const duration = parseSignedDuration(value, name);
  if (duration.ok && duration.value < 0) {
    return invalid(`${name}: cannot provide negative value '${duration.value}'`);
  }
  return duration;
}

/** Reads a duration that may be negative: a negative leeway is no leeway. */
export function parseSignedDuration(value: unknown, name: string): Result<number> {
  const seconds = typeof value === 'string' ? wholeSecondsOf(value.trim()) : value;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) {
    const given = typeof value === 'number' ? value : quote(value);
    return invalid(`${name} must be a duration such as 90, "90s", "1h30m" or "2d", not ${given}`);
  }
  if (Math.abs(seconds) > MAX_DURATION_SECONDS) {
    return invalid(`${name} must be at most ${MAX_DURATION_SECONDS} seconds`);
  }
  return ok(seconds);
}

function wholeSecondsOf(text: string): number | undefined {
  const seconds = secondsOf(text);
  if (seconds === undefined) return undefined;
  const size = Math.abs(seconds);
  // 0 often means "no limit", which is not what "500ms" asks for.
  const whole = size > 0 ? Math.max(1, Math.trunc(size)) : 0;
  const bounded = Math.min(whole, MAX_DURATION_SECONDS + 1);
  return seconds < 0 ? -bounded : bounded;
}
