/** What was meant by what cannot stand where it is in a filter. */
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
 * The character that the rest begins with, and what to write instead where that is known. A warning is a
 * header, so what is not ASCII is named by its number.
 *
 * @example
 * unexpected('&& operation == "x"') // '"&" is unexpected (write "and")'
 */
export function unexpected(rest: string): string {
  const [character = ''] = rest;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const name = /[^\x20-\x7e]/.test(character) ? ` (U+${code})` : '';
  const meant = meantBy(rest);
  const hint = meant === undefined ? '' : ` (${meant})`;
  return `${JSON.stringify(character)}${name} is unexpected${hint}`;
}

function meantBy(rest: string): string | undefined {
  if (CURLY.test(rest)) return 'a curly quote: write "';
  if (rest.startsWith("'")) return 'texts stand in double quotes: write "';
  const [word] = WORD.exec(rest) ?? [];
  if (word !== undefined && word !== word.toLowerCase())
    return `write ${quote(word.toLowerCase())}`;
  const [, write] = OPERATORS.find(([found]) => found.test(rest)) ?? [];
  return write === undefined ? undefined : `write ${write}`;
}
