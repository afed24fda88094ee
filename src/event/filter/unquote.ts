/**
 * Decodes the escapes of a string in double quotes, which are Go's. They can encode bytes that are not UTF-8. In such a
 * text every byte b above 0x7f becomes the unpaired surrogate U+DC00 + b. So it equals no field, and `contains` can
 * still compare the bytes.
 */
const HEX = '[0-9a-fA-F]';
const ESCAPE = [
  '([abfnrtv\\\\])',
  `x(${HEX}{2})`,
  '([0-3][0-7]{2})',
  // Unicode without surrogates, which are no characters
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

/** @returns undefined if the string has a line break, or an escape that Go does not have */
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

/** Searches a text for a part whose bytes are not UTF-8. */
export function byteSearch(part: string): (text: string) => boolean {
  const bytes = oneCharacterEach(Uint8Array.from(part, (byte) => byte.charCodeAt(0) & 0xff));
  return (text) => oneCharacterEach(ENCODER.encode(text)).includes(bytes);
}

const ENCODER = new TextEncoder();
/** This encoding has a character for each byte. */
const BYTES = new TextDecoder('windows-1252');

function oneCharacterEach(bytes: Uint8Array): string {
  return BYTES.decode(bytes);
}

function byteAsText(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 | byte);
}

/** The text with all its characters as bytes, which are encoded as described above. */
function bytesAsText(text: string): string {
  return text.replace(/[^\p{ASCII}\udc00-\udfff]+/gu, (characters) =>
    Array.from(new TextEncoder().encode(characters), byteAsText).join(''),
  );
}

/** Bytes that were escaped one by one may still be UTF-8 together. */
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
