/** The strings of HCL 1: quoted strings with Go's escapes, and heredocs. */
import { ok } from '../../lib/result.ts';
import { invalidAt, locationOf, type Parsed } from './failure.ts';

export interface ParsedString {
  readonly value: string;
  /** The offset after it. */
  readonly end: number;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};
const BYTE_ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([0-3][0-7]{2}))/y;
const UNICODE_ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

/** Parses the quoted string that begins at `start`. `${…}` stays as written, with its quotes. */
export function parseQuoted(text: string, start: number): Parsed<ParsedString> {
  let value = '';
  let braces = 0;
  let verbatim = start + 1;
  for (let offset = start + 1; offset < text.length; ) {
    const character = text[offset];
    if (character === '\\') {
      const escaped = parseEscape(text, offset);
      if (!escaped.ok) return escaped;
      if (braces === 0) {
        value += text.slice(verbatim, offset) + escaped.value.value;
        verbatim = escaped.value.end;
      }
      offset = escaped.value.end;
      continue;
    }
    if (braces === 0) {
      if (character === '"') {
        return ok({ value: value + text.slice(verbatim, offset), end: offset + 1 });
      }
      if (character === '\n') break;
      if (character === '$' && text[offset + 1] === '{') {
        braces = 1;
        offset++;
      }
    } else if (character === '{') braces++;
    else if (character === '}') braces--;
    offset++;
  }
  return invalidAt(locationOf(text, start), 'literal not terminated');
}

/** Parses the Go escape sequence whose backslash is at `start`. */
export function parseEscape(text: string, start: number): Parsed<ParsedString> {
  const simple = SIMPLE_ESCAPES[text[start + 1] ?? ''];
  if (simple !== undefined) return ok({ value: simple, end: start + 2 });
  const codePoint = codePointAt(text, start);
  if (codePoint !== undefined && codePoint <= 0x10ffff) {
    return ok({
      value: String.fromCodePoint(codePoint).toWellFormed(),
      end: UNICODE_ESCAPE.lastIndex,
    });
  }
  return parseBytes(text, start);
}

function codePointAt(text: string, start: number): number | undefined {
  UNICODE_ESCAPE.lastIndex = start;
  const match = UNICODE_ESCAPE.exec(text);
  return match === null ? undefined : Number.parseInt(match[1] ?? match[2] ?? '', 16);
}

/** `\x` and octal escapes are bytes, so a character of several bytes is several escapes in a row. */
function parseBytes(text: string, start: number): Parsed<ParsedString> {
  const bytes: number[] = [];
  let end = start;
  for (;;) {
    BYTE_ESCAPE.lastIndex = end;
    const match = BYTE_ESCAPE.exec(text);
    if (match === null) break;
    const [, hex, octal] = match;
    bytes.push(hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16));
    end = BYTE_ESCAPE.lastIndex;
  }
  if (bytes.length === 0) return invalidAt(locationOf(text, start), 'illegal char escape');
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return ok({ value: decoder.decode(new Uint8Array(bytes)), end });
  } catch {
    return invalidAt(locationOf(text, start), 'the escaped bytes are not UTF-8');
  }
}

const HEREDOC_START = /<<(-?)([\p{L}\p{Nd}_]+)\n/uy;

/**
 * Parses the heredoc that begins at `start` and ends with the line of its anchor. `<<-` removes the indentation of
 * that line from all lines, if all lines have it.
 */
export function parseHeredoc(text: string, start: number): Parsed<ParsedString> {
  HEREDOC_START.lastIndex = start;
  const opening = HEREDOC_START.exec(text);
  if (opening === null) return invalidAt(locationOf(text, start), 'invalid heredoc anchor');
  const [, indented, anchor = ''] = opening;
  const bodyStart = HEREDOC_START.lastIndex;

  let lineStart = bodyStart;
  for (;;) {
    const lineEnd = text.indexOf('\n', lineStart);
    if (lineEnd === -1) return invalidAt(locationOf(text, start), 'heredoc not terminated');
    const indentation = anchorIndentation(text.slice(lineStart, lineEnd), anchor);
    if (indentation !== undefined) {
      const body = text.slice(bodyStart, lineStart);
      const value = indented === '' ? body + indentation : withoutIndentation(body, indentation);
      return ok({ value, end: lineEnd + 1 });
    }
    lineStart = lineEnd + 1;
  }
}

function anchorIndentation(line: string, anchor: string): string | undefined {
  const indentation = line.match(/^[\t\v\f\r ]*/)?.[0] ?? '';
  if (!line.startsWith(anchor, indentation.length)) return undefined;
  return /^\r*$/.test(line.slice(indentation.length + anchor.length)) ? indentation : undefined;
}

function withoutIndentation(body: string, indentation: string): string {
  const lines = body.split('\n');
  lines.pop();
  if (!lines.every((line) => line.startsWith(indentation))) return body;
  return lines.map((line) => `${line.slice(indentation.length)}\n`).join('');
}
