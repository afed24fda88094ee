/** Reads a variable as one of several texts, a whole number or a duration, and says what to set if it is none. */
import { parseDuration } from '../lib/duration.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { Variables } from './variables.ts';

type Name = keyof Variables;

interface Range {
  readonly byDefault: string;
  readonly min: number;
  readonly max: number;
}

/** @param listed the values, in the words of the message */
export function choiceOf<T extends string>(
  name: Name,
  variables: Variables,
  values: readonly T[],
  byDefault: T,
  listed: string,
): Result<T> {
  const text = variables[name] ?? byDefault;
  const value = values.find((each) => each === text);
  return value === undefined ? wrong(name, text, listed) : ok(value);
}

export function numberOf(
  name: Name,
  variables: Variables,
  { byDefault, min, max }: Range,
): Result<number> {
  const text = variables[name] ?? byDefault;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max
    ? ok(number)
    : wrong(name, text, `a whole number from ${min} to ${max}`);
}

/**
 * @param range its ends are seconds
 * @returns milliseconds
 */
export function durationOf(
  name: Name,
  variables: Variables,
  { byDefault, min, max }: Range,
): Result<number> {
  const text = variables[name] ?? byDefault;
  const seconds = parseDuration(text, name);
  return text !== '' && seconds.ok && seconds.value >= min && seconds.value <= max
    ? ok(seconds.value * 1000)
    : wrong(name, text, `a duration such as "${byDefault}", from ${min}s to ${max}s`);
}

function wrong(name: Name, text: string, expected: string): Result<never> {
  return invalid(
    `the variable ${name} is ${quote(text)}; set it in wrangler.toml, or with --var, to ${expected}`,
  );
}
