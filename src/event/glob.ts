/**
 * Compiles a glob, with which Vault matches event types and namespaces: a `*` matches any text, even one with `/`.
 * Nothing else is special, and matching is case-sensitive. Each part between two wildcards is searched from the left,
 * and the last one must be the end, so matching never backtracks.
 *
 * @example
 * compileGlob('kv*')('kv-v2/data-write') // true
 */
export function compileGlob(pattern: string): (subject: string) => boolean {
  const [prefix = '', ...rest] = pattern.split('*');
  const suffix = rest.pop();
  if (suffix === undefined) return (subject) => subject === pattern;

  return (subject) => {
    if (!subject.startsWith(prefix)) return false;
    let position = prefix.length;
    for (const part of rest) {
      const found = subject.indexOf(part, position);
      if (found === -1) return false;
      position = found + part.length;
    }
    return subject.length - suffix.length >= position && subject.endsWith(suffix);
  };
}

/**
 * Whether some text matches both globs. Only the beginnings and the ends can exclude each other: a text with the longer
 * beginning, the middles of both globs one after the other, and the longer end matches both.
 */
export function globsShareText(a: string, b: string): boolean {
  if (!a.includes('*')) return compileGlob(b)(a);
  if (!b.includes('*')) return compileGlob(a)(b);
  const [startA, startB] = [a, b].map((glob) => glob.slice(0, glob.indexOf('*'))) as [
    string,
    string,
  ];
  const [endA, endB] = [a, b].map((glob) => glob.slice(glob.lastIndexOf('*') + 1)) as [
    string,
    string,
  ];
  return (
    (startA.startsWith(startB) || startB.startsWith(startA)) &&
    (endA.endsWith(endB) || endB.endsWith(endA))
  );
}
