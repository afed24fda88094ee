/** Events of a journal that a destination has not looked at yet, as far as it knows. */
export function lagOf({
  sequence,
  last,
}: {
  readonly sequence: number;
  readonly last: number;
}): number {
  return Math.max(0, last - sequence);
}
