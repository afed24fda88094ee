/**
 * Rendezvous hashing: which of several names a key belongs to. Each key has an order of preference. If a name is added, only
 * the keys that now prefer it move.
 */

/** @returns all names, the one that the key belongs to first */
export function byPreference(key: string, names: readonly string[]): string[] {
  const weighed = names.map((name) => ({ name, weight: hash(`${name}\n${key}`) }));
  return weighed
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** 32 bits. FNV-1a over the code units, then the finaliser of MurmurHash3: without it similar names have similar weights. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  }
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
