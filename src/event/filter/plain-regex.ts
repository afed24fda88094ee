/**
 * Regular expressions that only search for a text, such as `^secret/data/team-`. Most subscribers use such. They need no
 * automaton, and cost as much as a text search.
 */
const PLAIN =
  /^(\^?)((?:\.\*)?)((?:[^\\^$.|?*+()[\]{}]|\\[\\^$.|?*+()[\]{}\-/])*)((?:\.\*)?)(\$?)$/u;

/** @returns undefined if the expression is more than a text */
export function plainSearch(pattern: string): ((text: string) => boolean) | undefined {
  const [, start, before, escaped = '', after, end] = PLAIN.exec(pattern) ?? [];
  // `.*` does not match a line break, so it matters between an anchor and the text.
  if (start === undefined || (start && before) || (end && after)) return undefined;
  const part = escaped.replace(/\\(.)/gu, '$1');
  if (start && end) return (text) => text === part;
  if (start) return (text) => text.startsWith(part);
  if (end) return (text) => text.endsWith(part);
  return (text) => text.includes(part);
}
