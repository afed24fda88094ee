/**
 * Glob patterns as Vault matches event types and namespaces: only `*` is special and stands for zero
 * or more of any characters, `/` included. No `?`, no classes, no escapes; case counts.
 */

/**
 * Compiles a pattern to a predicate. The parts between wildcards are found leftmost first and the
 * last one must end the subject, so matching never backtracks.
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
