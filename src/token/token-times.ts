/** How long a token lives. All times are in seconds. */

import type { Fields } from '../lib/fields.ts';
import { DEFAULT_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS } from './limits.ts';
import { isPrivileged, type Maker } from './maker.ts';
import type { TokenRecord } from './token-record.ts';

interface Times {
  /** 0 if the token does not expire. */
  readonly ttl: number;
  readonly period: number;
  readonly explicitMaxTtl: number;
  readonly warnings: readonly string[];
}

/** Reads `ttl` (or `lease`, its former name), `period` and `explicit_max_ttl`. */
export function readTimes(fields: Fields, isRoot: boolean, maker: Maker): Times {
  const wanted = readDuration(fields, fields.raw('ttl') === undefined ? 'lease' : 'ttl');
  const period = readDuration(fields, 'period');
  const explicitMaxTtl = readDuration(fields, 'explicit_max_ttl');
  if (period > 0 && !isPrivileged(maker)) {
    fields.reject('root or sudo privileges required to create periodic token');
  }
  if (isRoot && wanted === 0 && period === 0 && explicitMaxTtl === 0) {
    if (maker.expires) {
      fields.reject('expiring root tokens cannot create non-expiring root tokens');
    }
    return { ttl: 0, period, explicitMaxTtl, warnings: [] };
  }
  const max = Math.min(explicitMaxTtl || MAX_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS);
  const { ttl, warnings } =
    wanted === 0
      ? { ttl: Math.min(period || DEFAULT_TOKEN_TTL_SECONDS, max), warnings: [] }
      : capTtl(period || wanted, max);
  return { ttl, period, explicitMaxTtl, warnings };
}

/** A TTL within the maximum, with Vault's warning if that changes it. */
export function capTtl(
  wanted: number,
  max: number,
): { readonly ttl: number; readonly warnings: string[] } {
  if (wanted <= max) return { ttl: wanted, warnings: [] };
  return {
    ttl: max,
    warnings: [
      `TTL of "${goDuration(wanted)}" exceeded the effective max_ttl of "${goDuration(max)}"; TTL value is capped accordingly`,
    ],
  };
}

/** How long a token may live at most, with all its renewals. A periodic token may be renewed for ever. */
export function maxLifetime({ period, explicitMaxTtl, maxTtl }: TokenRecord): number {
  if (period > 0) return explicitMaxTtl || Infinity;
  return Math.min(explicitMaxTtl || Infinity, maxTtl || Infinity, MAX_TOKEN_TTL_SECONDS);
}

function readDuration(fields: Fields, name: string): number {
  const seconds = fields.signedDuration(name);
  if (seconds < 0) fields.reject(`${name} must be positive`);
  return seconds;
}

/** Whole seconds as Go prints a duration: `1h`, `1h30m`; 90 seconds are `1m30s`. */
function goDuration(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const parts = [h > 0 ? `${h}h` : '', m > 0 ? `${m}m` : '', s > 0 ? `${s}s` : ''];
  return parts.join('') || '0s';
}
