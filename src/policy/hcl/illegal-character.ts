/** Describes a character that is not allowed where it stands, and what the author probably meant. */

const CURLY = /[\u201c-\u201f\u00ab\u00bb\u2033\uff02]/u;
const APOSTROPHE = /['`\u2018-\u201b\u2032\uff07]/u;
const INVISIBLE = /[\u200b-\u200f\u2060\u00ad]/u;

/**
 * @param found text that begins with the character
 *
 * @example
 * illegalCharacter('“') // '"“" (U+201C, a curly quote: write ")'
 */
export function illegalCharacter(found: string): string {
  const [character = ''] = found;
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  const meaning = meaningOf(character);
  if (!/[\x21-\x7e]/.test(character)) {
    return `${JSON.stringify(character)} (${code}${meaning === undefined ? '' : `, ${meaning}`})`;
  }
  return JSON.stringify(character) + (meaning === undefined ? '' : ` (${meaning})`);
}

function meaningOf(character: string): string | undefined {
  if (CURLY.test(character)) return 'a curly quote: write "';
  if (APOSTROPHE.test(character)) return 'texts stand in double quotes: write "';
  if (character === '\ufeff') return 'a byte order mark: it may only begin the file';
  if (character === '\ufffd') return 'the file is not UTF-8';
  if (INVISIBLE.test(character)) return 'an invisible character: remove it';
  if (/\p{Z}/u.test(character))
    return 'a blank of another kind, as a non-breaking space: write a plain one';
  if (/\p{Cc}/u.test(character)) return 'a control character';
  if (character === ':') return 'HCL assigns with =';
  if (character === ';') return 'HCL ends a line without a semicolon';
  if (character === '*' || character === '+' || character === '/') {
    return 'a path stands in double quotes';
  }
  return undefined;
}
