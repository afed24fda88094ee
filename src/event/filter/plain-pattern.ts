/**
 * Regular expressions that are nothing but text, such as `^secret/data/team-`: most of those that subscribers
 * use. They need no automaton, and cost what a search for that text costs.
 */
const PLAIN =
  /^(\^?)((?:\.\*)?)((?:[^\\^$.|?*+()[\]{}]|\\[\\^$.|?*+()[\]{}\-/])*)((?:\.\*)?)(\$?)$/u;

/** @returns the search; undefined where the pattern is more than text */
export function searchOfPlain(pattern: string): ((text: string) => boolean) | undefined {
  const [, start, before, escaped = '', after, end] = PLAIN.exec(pattern) ?? [];
  // What may stand before and after is no line break, so between an anchor and the text it counts.
  if (start === undefined || (start && before) || (end && after)) return undefined;
  const part = escaped.replace(/\\(.)/gu, '$1');
  if (start && end) return (text) => text === part;
  if (start) return (text) => text.startsWith(part);
  if (end) return (text) => text.endsWith(part);
  return (text) => text.includes(part);
}
