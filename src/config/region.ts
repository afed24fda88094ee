/**
 * The regions in which shards stand. Each is a location of Cloudflare by which objects are placed. `any` is the region of
 * a client of which nobody knows where it is, as on a local server.
 */
export const REGIONS = [
  'wnam',
  'enam',
  'sam',
  'weur',
  'eeur',
  'apac',
  'oc',
  'afr',
  'me',
  'any',
] as const;

export type Region = (typeof REGIONS)[number];

export function isRegion(text: string): text is Region {
  return (REGIONS as readonly string[]).includes(text);
}
