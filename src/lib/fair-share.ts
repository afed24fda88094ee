/**
 * Whether a principal may take more of a shared resource: it may hold as much as stays free. A single principal gets
 * half. If k principals take all they can, each gets one part of k + 1, and one part stays free. So no principal can
 * exhaust the resource, and their number need not be configured.
 *
 * @param wanted what the principal wants to take now
 * @param taken what all principals hold, this one included
 * @param total the size of the resource
 * @param held returns what this principal holds; called only if it decides
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
