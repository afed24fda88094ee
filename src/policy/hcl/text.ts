/** The texts of HCL 1: quoted strings with Go's escapes, and heredocs. */
import { Problem, positionOf } from './ast.ts';

/** What was read, and the offset behind it. */
export interface Read {
  readonly value: string;
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

/** Reads the quoted string that begins at `start`. `${…}` is kept as it is written, quotes included. */
export function readQuoted(text: string, start: number): Read | Problem {
  let value = '';
  let braces = 0;
  let verbatim = start + 1;
  for (let offset = start + 1; offset < text.length; ) {
    const character = text[offset];
    if (character === '\\') {
      const escaped = readEscape(text, offset);
      if (escaped instanceof Problem) return escaped;
      if (braces === 0) {
        value += text.slice(verbatim, offset) + escaped.value;
        verbatim = escaped.end;
      }
      offset = escaped.end;
      continue;
    }
    if (braces === 0) {
      if (character === '"') {
        return { value: value + text.slice(verbatim, offset), end: offset + 1 };
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
  return new Problem('literal not terminated', positionOf(text, start));
}

/** Reads the escape sequence of Go that begins at `start` with its backslash. */
export function readEscape(text: string, start: number): Read | Problem {
  const simple = SIMPLE_ESCAPES[text[start + 1] ?? ''];
  if (simple !== undefined) return { value: simple, end: start + 2 };
  const codePoint = codePointAt(text, start);
  if (codePoint !== undefined && codePoint <= 0x10ffff) {
    return {
      value: String.fromCodePoint(codePoint).toWellFormed(),
      end: UNICODE_ESCAPE.lastIndex,
    };
  }
  return readBytes(text, start) ?? new Problem('illegal char escape', positionOf(text, start));
}

function codePointAt(text: string, start: number): number | undefined {
  UNICODE_ESCAPE.lastIndex = start;
  const match = UNICODE_ESCAPE.exec(text);
  return match === null ? undefined : Number.parseInt(match[1] ?? match[2] ?? '', 16);
}

/** `\x` and octal escapes are bytes, so those of one character stand side by side. */
function readBytes(text: string, start: number): Read | Problem | undefined {
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
  if (bytes.length === 0) return undefined;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { value: decoder.decode(new Uint8Array(bytes)), end };
  } catch {
    return new Problem('the escaped bytes are not UTF-8', positionOf(text, start));
  }
}

const HEREDOC_START = /<<(-?)([\p{L}\p{Nd}_]+)\n/uy;

/**
 * Reads the heredoc that begins at `start`, up to and with the line of its anchor. With `<<-` the
 * indentation of that line is taken off every line, where every line has it.
 */
export function readHeredoc(text: string, start: number): Read | Problem {
  HEREDOC_START.lastIndex = start;
  const opening = HEREDOC_START.exec(text);
  if (opening === null) return new Problem('invalid heredoc anchor', positionOf(text, start));
  const [, indented, anchor = ''] = opening;
  const bodyStart = HEREDOC_START.lastIndex;

  let lineStart = bodyStart;
  for (;;) {
    const lineEnd = text.indexOf('\n', lineStart);
    if (lineEnd === -1) return new Problem('heredoc not terminated', positionOf(text, start));
    const indentation = anchorIndentation(text.slice(lineStart, lineEnd), anchor);
    if (indentation !== undefined) {
      const body = text.slice(bodyStart, lineStart);
      const value = indented === '' ? body + indentation : withoutIndentation(body, indentation);
      return { value, end: lineEnd + 1 };
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
