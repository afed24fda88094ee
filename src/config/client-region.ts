/**
 * The region of a client, from what Cloudflare says of its request. The table is made for distances on the network, not for
 * geography: shards only have to be near. Sources:
 *
 * - the regions, and which of them have objects today: developers.cloudflare.com/durable-objects/reference/data-location
 * - continents (`AF`, `AN`, `AS`, `EU`, `NA`, `OC`, `SA`) and countries: `IncomingRequestCfProperties` in
 *   developers.cloudflare.com/workers/runtime-apis/request
 * - measured distances from locations of Cloudflare to objects: where.durableobjects.live
 */
import type { Region } from './region.ts';

/** Members of `request.cf`. Each is missing if Cloudflare does not know it, as for Tor. */
export interface ClientPlace {
  readonly continent?: string | undefined;
  /** ISO 3166-1. */
  readonly country?: string | undefined;
  /** Degrees; west is negative. */
  readonly longitude?: string | undefined;
}

/** A continent with two regions. */
interface Halves {
  readonly west: Region;
  /** The longitude between the two. */
  readonly meridian: number;
  readonly east: Region;
  /** If the longitude is. */
  readonly unknown: Region;
}

const CONTINENTS: Readonly<Record<string, Region | Halves>> = {
  AF: 'afr',
  AN: 'oc',
  AS: 'apac',
  // Between Berlin and Prague.
  EU: { west: 'weur', meridian: 14, east: 'eeur', unknown: 'weur' },
  // Between Denver and Dallas.
  NA: { west: 'wnam', meridian: -100, east: 'enam', unknown: 'enam' },
  OC: 'oc',
  SA: 'sam',
};

/** Countries whose packets go another way than those of most of their continent. */
const COUNTRIES: Readonly<Record<string, Region>> = {
  ...each('me', 'AE BH IL IQ IR JO KW LB OM PS QA SA SY YE'),
  // Their cables go to Frankfurt, Sofia and Moscow.
  ...each('eeur', 'AM AZ CY GE KG KZ TJ TM TR UZ'),
  // Islands and peninsulas behind Western Europe, whatever their longitude.
  ...each('weur', 'IS MT NO SE'),
};

/** Russia beyond the Yenisei is nearer to Tokyo. */
const FAR_EAST = 92;

/** @returns `any` if nobody knows */
export function regionOfClient({ continent = '', country = '', longitude }: ClientPlace): Region {
  const degrees = Number.parseFloat(longitude ?? '');
  if (country === 'RU' && degrees > FAR_EAST) return 'apac';
  const region = own(COUNTRIES, country) ?? own(CONTINENTS, continent) ?? 'any';
  if (typeof region === 'string') return region;
  if (Number.isNaN(degrees)) return region.unknown;
  return degrees < region.meridian ? region.west : region.east;
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function each(region: Region, countries: string): Record<string, Region> {
  return Object.fromEntries(countries.split(' ').map((country) => [country, region]));
}
