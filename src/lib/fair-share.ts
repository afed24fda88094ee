/**
 * How much one principal may take of what many share: no more than is left free. A principal that is alone
 * gets half. Of k principals that take all they can, each gets one part of k + 1, and one part stays free:
 * so nobody uses up what others need, and nobody has to say beforehand how many there will be.
 *
 * @param wanted what the principal asks for now
 * @param taken what all principals hold, this one included
 * @param total what there is
 * @param held what this principal holds; asked only where it decides
 */
export function isWithinShare(
  wanted: number,
  taken: number,
  total: number,
  held: () => number,
): boolean {
  const free = total - taken;
  if (wanted > free) return false;
  return taken + wanted <= free || held() + wanted <= free;
}
