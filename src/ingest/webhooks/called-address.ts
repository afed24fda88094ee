/**
 * The address that the sender has called, and signed, to the byte. A parsed URL would not do: it escapes characters
 * that came as they are.
 *
 * @param seen by this server, perhaps behind a proxy
 * @param written in the settings of the source, without a query
 */
export function calledAddress(seen: string, written: string | undefined): string {
  if (written === undefined) return seen;
  const query = seen.indexOf('?');
  return query === -1 ? written : written + seen.slice(query);
}
