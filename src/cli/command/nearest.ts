/** The name of a command or an option that a user probably meant. */
import { nearest } from '../../lib/nearest.ts';

/** @returns the nearest of the names; undefined if none is near */
export function suggestion(typed: string, names: readonly string[]): string | undefined {
  const text = typed.toLowerCase();
  const known = new Set(names);
  if (known.has(text)) return text;
  // A shortened name: `--secret` for `--secret-file`.
  const longer = [...known].filter((name) => text.length > 2 && name.startsWith(text));
  return longer.length === 1 ? longer[0] : nearest(text, known);
}
