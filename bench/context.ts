/** What every benchmark has at hand. */
import type { Side } from './contestants/side.ts';
import type { Load } from './load/load.ts';

export interface Context {
  readonly load: Load;
  /** Less of everything, for a look in between. */
  readonly quick: boolean;
  /** The Carillon of this folder. */
  readonly carillon: Side;
  /** What it is measured against: the raw loop, or the Carillon of another commit. */
  readonly baseline: Side;
  /** Those that are shown beside. */
  readonly others: readonly Side[];
  /** A line that the next one replaces, where somebody watches. */
  progress(text: string): void;
  /** A line that stays. */
  say(text: string): void;
}
