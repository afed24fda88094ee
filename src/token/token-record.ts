/** What is stored of a token, and how long it lives. */

import type { Identity } from '../policy/identity.ts';
import { MAX_TOKEN_TTL_SECONDS } from './limits.ts';

/** What a new token is created with. Times are in seconds. */
export interface TokenRequest {
  readonly policies: readonly string[];
  /** The token of this namespace that it is revoked with. */
  readonly parent: number | undefined;
  /** The name of the token of a namespace above that it is revoked with. */
  readonly foreignParent: string | undefined;
  readonly orphan: boolean;
  readonly identity: Identity | undefined;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly displayName: string;
  /** The API path that created it: `auth/token/create`. */
  readonly path: string;
  /** 0 if it does not expire. */
  readonly ttl: number;
  readonly explicitMaxTtl: number;
  /** The longest lifetime that its login allows; 0 for that of every token. */
  readonly maxTtl: number;
  readonly period: number;
  /** 0 for any number. */
  readonly uses: number;
  readonly renewable: boolean;
}

export interface TokenRecord extends TokenRequest {
  readonly id: number;
  readonly accessor: string;
  /** Undefined for its entity, or else itself. */
  readonly owner: string | undefined;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly renewedAt: number | undefined;
  /** Undefined for any number. */
  readonly usesLeft: number | undefined;
}

/** The name of a token in the namespaces below its own. @param namespace the key of its own */
export function foreignTokenName(id: number, namespace: string): string {
  return `${id} ${namespace}`;
}

/** What a token is found by. */
export type TokenReference =
  | { readonly digest: string }
  | { readonly accessor: string }
  | { readonly id: number };

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

/** Whole seconds as Go prints a duration: `1h`, `1h30m`; 90 seconds are `1m30s`. */
function goDuration(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const parts = [h > 0 ? `${h}h` : '', m > 0 ? `${m}m` : '', s > 0 ? `${s}s` : ''];
  return parts.join('') || '0s';
}
