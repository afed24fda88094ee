/**
 * Contestants in turns. What a shared machine does to one it does to the other soon after, so each round
 * gives a ratio of its own, and the median of the ratios is what counts. A round in which the host took
 * too much away is measured again.
 */
import type { Slice } from '../contestants/stage.ts';
import { stolenSeconds } from './accounting.ts';
import { type Spread, spread } from './statistics.ts';

/** Of a core, on average over a round. */
const MAX_STOLEN_CORES = 0.3;
/** Rounds at most, for each that is wanted. */
const MAX_ATTEMPTS = 2;
/** What is measured however long it takes. */
const MIN_ROUNDS = 3;

export interface Contestant {
  readonly name: string;
  slice(): Promise<Slice>;
}

export interface Rounds {
  /** The slices of each contestant, by the round. */
  readonly slices: ReadonlyMap<string, readonly Slice[]>;
  readonly dropped: number;
}

interface Plan {
  readonly rounds: number;
  /** On a machine too busy to do them all in that time there are fewer. */
  readonly maxSeconds: number;
  progress(text: string): void;
}

export async function interleave(
  contestants: readonly Contestant[],
  { rounds, maxSeconds, progress }: Plan,
): Promise<Rounds> {
  const deadline = performance.now() + maxSeconds * 1000;
  const slices = new Map(contestants.map(({ name }) => [name, [] as Slice[]]));
  let kept = 0;
  let dropped = 0;
  for (let round = 0; kept < rounds && round < rounds * MAX_ATTEMPTS; round++) {
    if (kept >= MIN_ROUNDS && performance.now() > deadline) break;
    const stolenBefore = stolenSeconds();
    const begin = performance.now();
    const measured: [name: string, slice: Slice][] = [];
    for (const contestant of turnsOf(contestants, round)) {
      progress(`round ${kept + 1} of ${rounds}: ${contestant.name}`);
      measured.push([contestant.name, await contestant.slice()]);
    }
    const stolen = (stolenSeconds() - stolenBefore) / ((performance.now() - begin) / 1000);
    if (stolen > MAX_STOLEN_CORES) {
      dropped++;
      continue;
    }
    kept++;
    for (const [name, slice] of measured) slices.get(name)?.push(slice);
  }
  return { slices, dropped };
}

/** Another one comes first each time, and each as often before as after any other. */
function turnsOf(contestants: readonly Contestant[], round: number): readonly Contestant[] {
  const first = Math.floor(round / 2) % contestants.length;
  const turns = [...contestants.slice(first), ...contestants.slice(0, first)];
  return round % 2 === 0 ? turns : turns.reverse();
}

/** The ratio of two contestants in what `cost` says, round by round. */
export function ratio(
  { slices }: Rounds,
  name: string,
  baseline: string,
  cost: (slice: Slice) => number,
): Spread {
  const others = slices.get(baseline) ?? [];
  return spread(
    (slices.get(name) ?? []).map((slice, round) => {
      const other = others[round];
      return other === undefined ? Number.NaN : cost(slice) / cost(other);
    }),
  );
}
