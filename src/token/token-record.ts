/** What is stored of a token. */

import type { Identity } from '../policy/identity.ts';

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
