/**
 * How often a property is tried: a tenth of the whole in `npm test`, which everybody waits for; all in `npm run
 * test:slow`, which CI runs.
 */
export function runs(whole: number): number {
  return process.env.FUZZ === 'full' ? whole : Math.ceil(whole / 10);
}
