/** Where Cloudflare creates the Durable Objects: the variables `JURISDICTION` and `LOCATION`. */
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { Variables } from './variables.ts';

const JURISDICTIONS = ['eu', 'us', 'fedramp'] as const;

export const LOCATIONS = [
  'wnam',
  'enam',
  'sam',
  'weur',
  'eeur',
  'apac',
  'apac-ne',
  'apac-se',
  'oc',
  'afr',
  'me',
] as const;

export type Location = (typeof LOCATIONS)[number];

export interface Placement {
  /** Objects run and store only there. It is part of their ids: another one names other, empty objects. */
  readonly jurisdiction: (typeof JURISDICTIONS)[number] | undefined;
  /** A hint. It counts when an object is created, and never again. */
  readonly location: Location | undefined;
}

export function parsePlacement(variables: Variables): Result<Placement> {
  const jurisdiction = oneOf('JURISDICTION', JURISDICTIONS, variables);
  if (!jurisdiction.ok) return jurisdiction;
  const location = oneOf('LOCATION', LOCATIONS, variables);
  if (!location.ok) return location;
  return ok({ jurisdiction: jurisdiction.value, location: location.value });
}

function oneOf<T extends string>(
  name: 'JURISDICTION' | 'LOCATION',
  values: readonly T[],
  { [name]: text = '' }: Variables,
): Result<T | undefined> {
  const value = values.find((each) => each === text);
  if (value !== undefined || text === '') return ok(value);
  const all = values.map(quote).join(', ');
  return invalid(
    `the variable ${name} is ${quote(text)}; set it in wrangler.toml, or with --var, to one of ${all}, or to "" for none`,
  );
}
