/**
 * Rendezvous hashing: which of several names a key belongs to. Each key has an order of preference. If a name is added, only
 * the keys that now prefer it move.
 */

/** @returns all names, the one that the key belongs to first */
export function byPreference(key: string, names: readonly string[]): string[] {
  const ofKey = mixedIn(`${key}\n`, 0x811c9dc5);
  const weighed = names.map((name) => ({ name, weight: scattered(mixedIn(name, ofKey)) }));
  return weighed
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** FNV-1a over the code units. */
function mixedIn(text: string, bits: number): number {
  let mixed = bits;
  for (let index = 0; index < text.length; index++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  }
  return mixed;
}

/** The finaliser of MurmurHash3: without it similar names have similar weights. */
function scattered(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
