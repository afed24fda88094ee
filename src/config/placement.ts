/** Where Cloudflare creates the Durable Objects: the variables `JURISDICTION` and `LOCATION`. */
import { quote } from '../lib/quote.ts';
import { ok, type Result } from '../lib/result.ts';
import { choiceOf } from './read-variable.ts';
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

export type Jurisdiction = (typeof JURISDICTIONS)[number];

export interface Placement {
  /** Objects run and store only there. It is part of their ids: another one names other, empty objects. */
  readonly jurisdiction: Jurisdiction | undefined;
  /** A hint. It counts when an object is created, and never again. */
  readonly location: Location | undefined;
}

export function parsePlacement(variables: Variables): Result<Placement> {
  const jurisdiction = regionOf('JURISDICTION', variables, JURISDICTIONS);
  if (!jurisdiction.ok) return jurisdiction;
  const location = regionOf('LOCATION', variables, LOCATIONS);
  if (!location.ok) return location;
  return ok({
    jurisdiction: jurisdiction.value || undefined,
    location: location.value || undefined,
  });
}

/** @returns an empty text for none */
function regionOf<T extends string>(
  name: 'JURISDICTION' | 'LOCATION',
  variables: Variables,
  values: readonly T[],
): Result<T | ''> {
  const listed = `one of ${values.map(quote).join(', ')}, or to "" for none`;
  return choiceOf<T | ''>(name, variables, [...values, ''], '', listed);
}
