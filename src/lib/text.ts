/** Bytes to text and text to JSON, with errors that say what is wrong with them. */
import { invalid, ok, type Result } from './result.ts';

export function decodeUtf8(bytes: Uint8Array): Result<string> {
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return invalid('the body is not UTF-8');
  }
}

export function parseJson(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return invalid(`not JSON: ${withoutExcerpt((error as SyntaxError).message)}`);
  }
}

/** V8 quotes the text around what it did not expect; a secret may stand there. */
function withoutExcerpt(message: string): string {
  return message.replace(/, (?:\.\.\.)?".*/s, '');
}

/** RFC 4648, section 4, with its padding. */
export function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
}
