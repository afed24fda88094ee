/**
 * Whether a text can be a token: what a header carries whole. Of a value with commas only the first
 * part would arrive.
 */
export function isToken(text: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(text);
}
