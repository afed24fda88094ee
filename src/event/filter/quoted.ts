/**
 * What a string in double quotes stands for: the escapes are those of Go. They can spell bytes that
 * are not UTF-8. Text with such bytes has the unpaired surrogate U+DC00 + b for every byte b above
 * 0x7f, so it equals no field, and `contains` can compare the bytes.
 */
const HEX = '[0-9a-fA-F]';
const ESCAPE = [
  '([abfnrtv\\\\])',
  `x(${HEX}{2})`,
  '([0-3][0-7]{2})',
  // Unicode but no surrogates, which are no characters
  `u((?![dD][89a-fA-F])${HEX}{4})`,
  `U((?!0000[dD][89a-fA-F])00(?:0${HEX}|10)${HEX}{4})`,
].join('|');
const ESCAPES = new RegExp(`\\\\(?:${ESCAPE})`, 'g');
const QUOTED = new RegExp(`^(?:[^\\\\\\n]|\\\\(?:${ESCAPE}))*$`);

const CONTROL: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
]);

/** @returns undefined where an escape sequence is none of Go's, or a line breaks */
export function unquote(quoted: string): string | undefined {
  if (!QUOTED.test(quoted)) return undefined;
  const text = quoted.replace(
    ESCAPES,
    (_, control?: string, hex?: string, octal?: string, short?: string, long?: string) => {
      if (control !== undefined) return CONTROL.get(control) ?? '';
      if (hex !== undefined) return byteAsText(Number.parseInt(hex, 16));
      if (octal !== undefined) return byteAsText(Number.parseInt(octal, 8));
      return String.fromCodePoint(Number.parseInt(short ?? long ?? '', 16));
    },
  );
  return text.isWellFormed() ? text : decoded(text);
}

/** Searches the bytes of a text for those of a part that is not UTF-8. */
export function searchOfBytes(part: string): (text: string) => boolean {
  const bytes = oneCharacterEach(Uint8Array.from(part, (byte) => byte.charCodeAt(0) & 0xff));
  return (text) => oneCharacterEach(ENCODER.encode(text)).includes(bytes);
}

const ENCODER = new TextEncoder();
/** It has a character of its own for each byte. */
const BYTES = new TextDecoder('windows-1252');

function oneCharacterEach(bytes: Uint8Array): string {
  return BYTES.decode(bytes);
}

function byteAsText(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 | byte);
}

/** The text with the bytes of all its characters as this file writes bytes that are not UTF-8. */
function bytesAsText(text: string): string {
  return text.replace(/[^\p{ASCII}\udc00-\udfff]+/gu, (characters) =>
    Array.from(new TextEncoder().encode(characters), byteAsText).join(''),
  );
}

/** Bytes may have been spelled one by one and be UTF-8 nevertheless. */
function decoded(text: string): string {
  const bytes = bytesAsText(text);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes, (byte) => byte.charCodeAt(0) & 0xff),
    );
  } catch {
    return bytes;
  }
}
