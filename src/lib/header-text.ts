/** Texts in HTTP headers, as CloudEvents writes them: percent-encoded UTF-8 (CloudEvents HTTP binding 1.0.2, section 3.1.3.2). */

/** Encodes what is not printable ASCII, and the blank, the quotation mark and the percent sign. @param text is well-formed */
export function encodeHeaderText(text: string): string {
  return text.replace(/[^\x21\x23\x24\x26-\x7e]+/g, encodeURIComponent);
}

/** Unquotes a value, then decodes its percent escapes. @returns undefined if the bytes are not UTF-8 */
export function decodeHeaderText(value: string): string | undefined {
  const unquoted = /^"(?:[^"\\]|\\.)*"$/.test(value)
    ? value.slice(1, -1).replace(/\\(.)/g, '$1')
    : value;
  try {
    return unquoted.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeURIComponent);
  } catch {
    return undefined;
  }
}
