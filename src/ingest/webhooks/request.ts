/** A request to the address of a source: a delivery, or a verification challenge. */
export interface WebhookRequest {
  readonly method: string;
  /** As the sender called it: see `calledUrl`. */
  readonly url: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The token of the request. */
  readonly token: string | undefined;
}

/**
 * The URL that the sender called and may have signed, byte by byte. It is not parsed, because a parser escapes
 * characters.
 *
 * @param seen the URL that this server sees, perhaps behind a proxy
 * @param configured the `url` of the source, without a query
 */
export function calledUrl(seen: string, configured: string | undefined): string {
  if (configured === undefined) return seen;
  const query = seen.indexOf('?');
  return query === -1 ? configured : configured + seen.slice(query);
}
