/** Describes an unexpected character in a filter, and suggests what to write instead. */
import { quote } from '../../lib/quote.ts';

const OPERATORS: readonly (readonly [found: RegExp, write: string])[] = [
  [/^=(?!=)/, '"=="'],
  [/^&&?/, '"and"'],
  [/^\|\|?/, '"or"'],
  [/^!(?!=)/, '"not"'],
  [/^like\b/i, '"matches", with a regular expression'],
  [/^[<>]/, '"==" or "matches": values are texts and have no order'],
];
const WORD = /^(?:and|or|not|in|is|contains|matches)\b/i;
const CURLY = /^[\u201c-\u201f\u00ab\u00bb\u2033\uff02\u2018-\u201b\u2032\uff07]/u;

/**
 * A message may become the value of a header, so a character that is not ASCII also has its number.
 *
 * @param rest the text from the unexpected character on
 * @example
 * unexpected('&& operation == "x"') // '"&" is unexpected (write "and")'
 */
export function unexpected(rest: string): string {
  const [character = ''] = rest;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const name = /[^\x20-\x7e]/.test(character) ? ` (U+${code})` : '';
  const suggestion = suggestionFor(rest);
  const hint = suggestion === undefined ? '' : ` (${suggestion})`;
  return `${JSON.stringify(character)}${name} is unexpected${hint}`;
}

function suggestionFor(rest: string): string | undefined {
  if (CURLY.test(rest)) return 'a curly quote: write "';
  if (rest.startsWith("'")) return 'texts stand in double quotes: write "';
  const [word] = WORD.exec(rest) ?? [];
  if (word !== undefined && word !== word.toLowerCase()) {
    return `write ${quote(word.toLowerCase())}`;
  }
  const [, write] = OPERATORS.find(([found]) => found.test(rest)) ?? [];
  return write === undefined ? undefined : `write ${write}`;
}
