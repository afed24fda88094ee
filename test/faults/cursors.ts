/**
 * Checks the cursors that subscribers were told. Any subscriber of a hub may resume with the cursor of another, so all
 * of them must be told the same one for an event, whatever form they listen in and whenever they came. And no cursor
 * names two places.
 */
import type { Reception } from './history.ts';
import type { Mismatch } from './mismatch.ts';

export function cursorMismatches(receptions: readonly Reception<never>[]): Mismatch[] {
  const hubs = Map.groupBy(receptions, ({ hub }) => hub);
  return [...hubs.values()].flatMap((those) => {
    const right = mostTold(those);
    return those.flatMap((reception) => mismatchesOf(reception, right));
  });
}

interface Right {
  readonly cursorOf: ReadonlyMap<string, string>;
  readonly eventAt: ReadonlyMap<string, string>;
}

/** Where subscribers contradict each other, the majority is right. */
function mostTold(receptions: readonly Reception<never>[]): Right {
  const cursorOf = new Tally();
  const eventAt = new Tally();
  for (const { ids, cursors } of receptions) {
    for (const [index, id] of ids.entries()) {
      const cursor = cursors[index];
      if (cursor === undefined) continue;
      cursorOf.count(id, cursor);
      eventAt.count(cursor, id);
    }
  }
  return { cursorOf: cursorOf.mostFrequent(), eventAt: eventAt.mostFrequent() };
}

function mismatchesOf(
  { name, ids, cursors }: Reception<never>,
  { cursorOf, eventAt }: Right,
): Mismatch[] {
  return ids.flatMap((id, index): Mismatch[] => {
    const cursor = cursors[index];
    if (cursor === undefined) return [];
    const expected = cursorOf.get(id);
    const owner = eventAt.get(cursor);
    if (expected === cursor && owner === id) return [];
    const text =
      owner !== undefined && owner !== id
        ? `received ${id} with the cursor ${cursor}, which is that of ${owner}`
        : `received ${id} with the cursor ${cursor}, and others with ${expected}`;
    return [{ kind: 'cursor', subscriber: name, ids: [id], text }];
  });
}

/** Counts values of keys. */
class Tally {
  readonly #counts = new Map<string, Map<string, number>>();

  count(key: string, value: string): void {
    const counts = this.#counts.get(key) ?? new Map<string, number>();
    this.#counts.set(key, counts);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }

  mostFrequent(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#counts].map(([key, counts]) => {
        const [[value] = ['']] = [...counts].sort(([, a], [, b]) => b - a);
        return [key, value];
      }),
    );
  }
}
