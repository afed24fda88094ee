/** Content types, as far as they decide how a body is read. */
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeUtf8 } from '../lib/text.ts';

/** Both parts are in lower case. Without a charset it is UTF-8. */
export function parseContentType(contentType: string): {
  readonly mediaType: string;
  readonly charset: string;
} {
  if (!contentType.includes(';')) {
    return { mediaType: contentType.toLowerCase().trim(), charset: 'utf-8' };
  }
  const [mediaType = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((each) => each.startsWith('charset='));
  return {
    mediaType,
    charset: charset?.slice('charset='.length).replaceAll('"', '').trim() ?? 'utf-8',
  };
}

export function isJsonMediaType(mediaType: string): boolean {
  return (
    mediaType === 'application/json' || mediaType === 'text/json' || mediaType.endsWith('+json')
  );
}

/** Whether data of this type is text, and not bytes. */
export function isTextMediaType(mediaType: string): boolean {
  return /^text\/|[/+-](?:xml|yaml|toml|ndjson|javascript|x-www-form-urlencoded)$/.test(mediaType);
}

/** The names of ASCII, as IANA registers them, and the one that people write. */
const ASCII =
  /^(?:(?:us-)?ascii|us|csascii|(?:ibm|cp)367|iso-ir-6|iso646-us|iso_646\.irv:1991|ansi_x3\.4-19(?:68|86))$/;

export function isUtf8OrAscii(charset: string): boolean {
  return charset === 'utf-8' || charset === 'utf8' || ASCII.test(charset);
}

/** Checks that a body in ASCII has no other bytes: another charset was meant, and it is unknown which. */
export function checkAscii(charset: string, body: Uint8Array): Result<undefined> {
  if (!ASCII.test(charset)) return ok(undefined);
  const at = body.findIndex((byte) => byte > 0x7f);
  return at === -1
    ? ok(undefined)
    : invalid(
        `the body has the byte 0x${body[at]?.toString(16)} at ${at}, but the charset ${charset} ends at 0x7f; send UTF-8, as charset=utf-8`,
      );
}

/** The text of bytes in this charset; undefined if the bytes are none, or the charset is unknown. */
export function textOf(bytes: Uint8Array, charset: string): string | undefined {
  if (isUtf8OrAscii(charset)) {
    const text = decodeUtf8(bytes);
    return text.ok ? text.value : undefined;
  }
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}
