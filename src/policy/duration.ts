/** Durations in a policy: `"90s"`, `"1h30m"`, `"7d"`, or a number of seconds. */
import { secondsOf } from '../lib/duration.ts';
import type { Node } from './hcl/ast.ts';
import { hclNumber } from './hcl/value.ts';

/** Go counts a duration in 64-bit nanoseconds. */
const LONGEST_SECONDS = 2 ** 63 / 1e9;

/** The seconds of a duration, with their fraction; undefined if the node is no duration. */
export function durationOf(node: Node): number | undefined {
  let seconds: number | undefined;
  if (node.kind === 'number') seconds = Math.trunc(hclNumber(node.text));
  if (node.kind === 'string') seconds = secondsOf(node.text);
  return seconds !== undefined && Math.abs(seconds) < LONGEST_SECONDS ? seconds : undefined;
}
