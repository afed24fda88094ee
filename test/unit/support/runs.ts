/** Whether properties are tried as often as can be waited for: in `npm run test:slow`, which CI runs. */
export const areAllRuns = process.env.FUZZ === 'full';

/** How often a property is tried: a fortieth of the whole in `npm test`, which everybody waits for. */
export function runs(whole: number): number {
  return areAllRuns ? whole : Math.ceil(whole / 40);
}
