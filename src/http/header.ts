/**
 * The first value of a header that may be repeated; a Worker gets them joined by commas. Vault Proxy
 * adds its headers again with every reconnect, and Go takes the first.
 */
export function firstValue(header: string | null): string {
  return header?.split(',', 1)[0]?.trim() ?? '';
}
