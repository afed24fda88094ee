/** Durations as Vault takes them: `"90s"`, `"1h30m"`, `"7d"`, and numbers of seconds. */
import type { Node } from './hcl/ast.ts';
import { numberOf } from './hcl/value.ts';

const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  '\u00b5s': 1e-6,
  '\u03bcs': 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};
const GO_DURATION = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[num\u00b5\u03bc]?s|[mh]))+$/;
const PARTS = /([\d.]+)([a-z\u00b5\u03bc]+)/g;
const SECONDS_OR_DAYS = /^[+-]?\d+(d?)$/;

/** Go counts durations as 64-bit nanoseconds. */
const LONGEST_SECONDS = 2 ** 63 / 1e9;

/** The seconds that a value of a policy says; undefined where it is no duration. */
export function secondsOf(node: Node): number | undefined {
  let seconds: number | undefined;
  if (node.kind === 'number') seconds = Math.trunc(numberOf(node.text));
  if (node.kind === 'text') seconds = parseDuration(node.text);
  return seconds !== undefined && Math.abs(seconds) < LONGEST_SECONDS ? seconds : undefined;
}

function parseDuration(text: string): number | undefined {
  if (text === '') return 0;
  const whole = SECONDS_OR_DAYS.exec(text);
  if (whole !== null) return Number.parseInt(text, 10) * (whole[1] === 'd' ? 24 * 3600 : 1);
  if (!GO_DURATION.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(PARTS)) {
    seconds += Number(count) * (SECONDS[unit ?? ''] ?? 0);
  }
  return text.startsWith('-') ? -seconds : seconds;
}
