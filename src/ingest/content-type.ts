/** Content types, as far as they decide how a body is read. */

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
