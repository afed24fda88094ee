/** Suggests the known name for a misspelt one. Pure. */

/** More edits than this are not a typing error. */
const MAX_EDITS = 3;

/**
 * The known name with the fewest edits from a text. An edit inserts, deletes or replaces a letter, or swaps two
 * neighbours.
 *
 * @returns undefined if no name is near, or if the text is a known name
 * @example
 * nearest('sicne', ['since', 'json']) // 'since'
 */
export function nearest(text: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(MAX_EDITS, Math.floor(text.length / 3)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - text.length) >= fewest) continue;
    const edits = editsBetween(text, name);
    if (edits === 0) return undefined;
    if (edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

function editsBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let edits = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwapped) edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length] ?? 0;
}
