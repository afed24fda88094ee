/** The name that a user probably meant. */
import { closest, distance } from 'fastest-levenshtein';

/** How many characters may be wrong in a name of this length. Two swapped ones count as two. */
function tolerance({ length }: string): number {
  return length < 5 ? 1 : Math.max(2, Math.floor(length / 3));
}

/** @returns the nearest of the names; undefined if none is near */
export function suggestion(typed: string, names: readonly string[]): string | undefined {
  const text = typed.toLowerCase();
  if (names.length === 0) return undefined;
  // A shortened name: `--secret` for `--secret-file`.
  const longer = names.filter((name) => text.length > 2 && name.startsWith(text));
  if (longer.length === 1) return longer[0];
  const nearest = closest(text, names as string[]);
  return distance(text, nearest) <= tolerance(text) ? nearest : undefined;
}
