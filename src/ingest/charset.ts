/** The charset that a content type names. */

/** What is read as UTF-8; ASCII is a part of it. */
export const UTF_8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);

/** @param parameters of a media type, in lower case */
export function charsetOf(parameters: readonly string[]): string {
  const parameter = parameters.find((each) => each.startsWith('charset='));
  return parameter?.slice('charset='.length).replaceAll('"', '').trim() ?? 'utf-8';
}
