/** In which order changes are made. Pure. */
import { KINDS } from './kinds/all.ts';
import { type DesiredObject, keyOf, type ObjectId } from './object.ts';
import { referencesOf } from './references.ts';

/**
 * First by kind, so that what others name is written first; then, within a kind, an object after those that it names; then a
 * namespace before those below it.
 */
export function inOrder<Change extends { readonly object: ObjectId | DesiredObject }>(
  changes: readonly Change[],
): Change[] {
  const objects = new Map(changes.map(({ object }) => [keyOf(object), object]));
  const ranks = new Map([...objects].map(([key, object]) => [key, rankOf(object, objects)]));
  const rank = ({ object }: Change) => ranks.get(keyOf(object)) ?? 0;
  return [...changes].sort((a, b) => {
    const kinds = KINDS.indexOf(a.object.kind) - KINDS.indexOf(b.object.kind);
    if (kinds !== 0) return kinds;
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    return keyOf(a.object) < keyOf(b.object) ? -1 : 1;
  });
}

/** How long the longest chain of names is that leads from an object to others of its kind. A circle ends it. */
function rankOf(
  object: ObjectId | DesiredObject,
  objects: ReadonlyMap<string, ObjectId | DesiredObject>,
  above: readonly ObjectId[] = [],
): number {
  if (!('state' in object) || above.includes(object)) return 0;
  const named = referencesOf(object)
    .filter(({ id }) => id.kind === object.kind)
    .flatMap(({ id }) => objects.get(keyOf(id)) ?? []);
  return Math.max(0, ...named.map((each) => 1 + rankOf(each, objects, [...above, object])));
}
