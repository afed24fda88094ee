/**
 * The order of a hub's events as its subscribers tell it: an event is before another where one of them
 * received it so. Each may have received a part; whoever received all settles the order of all.
 */

/** @returns the place of each event; where sequences contradict each other, the majority is right */
export function orderOf(sequences: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const followers = new Map<string, Map<string, number>>();
  for (const sequence of sequences) {
    for (const [index, id] of sequence.entries()) {
      const known = followers.get(id) ?? new Map<string, number>();
      followers.set(id, known);
      const next = sequence[index + 1];
      if (next !== undefined) known.set(next, (known.get(next) ?? 0) + 1);
    }
  }
  /** How many say of each event that one is before it which has no place yet. */
  const waiting = new Map<string, number>();
  for (const id of followers.keys()) waiting.set(id, 0);
  for (const known of followers.values()) {
    for (const [next, witnesses] of known) waiting.set(next, (waiting.get(next) ?? 0) + witnesses);
  }

  const places = new Map<string, number>();
  const ready = [...waiting].filter(([, witnesses]) => witnesses === 0).map(([id]) => id);
  while (waiting.size > 0) {
    const id = ready.pop() ?? leastContested(waiting);
    if (!waiting.delete(id)) continue;
    places.set(id, places.size);
    for (const [next, witnesses] of followers.get(id) ?? []) {
      const left = waiting.get(next);
      if (left === undefined) continue;
      waiting.set(next, left - witnesses);
      if (left === witnesses) ready.push(next);
    }
  }
  return places;
}

/** Of events that are all said to be after another: the one of which the fewest say so. */
function leastContested(waiting: ReadonlyMap<string, number>): string {
  let least: readonly [string, number] = ['', Number.POSITIVE_INFINITY];
  for (const entry of waiting) if (entry[1] < least[1]) least = entry;
  return least[0];
}
